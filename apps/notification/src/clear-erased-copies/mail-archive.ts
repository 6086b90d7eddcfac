import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** More than the headers of a mail of ours take. */
const headerBytes = 16 * 1024;

/** Copies of mails that somebody keeps as files, like the mail catcher of the local stack. */
export class MailArchive {
  /** @param folder undefined where nobody keeps copies */
  constructor(private readonly folder: string | undefined) {}

  /** Deletes every copy of the messages, named by their Message-IDs with angle brackets. */
  async remove(messageIds: ReadonlySet<string>): Promise<void> {
    if (this.folder === undefined || messageIds.size === 0) return;
    for (const name of await readdir(this.folder)) {
      if (!name.endsWith('.eml')) continue;
      const file = join(this.folder, name);
      const id = await messageIdOf(file);
      if (id !== undefined && messageIds.has(id)) await rm(file, { force: true });
    }
  }
}

/** Undefined when the mail names none, or is gone. */
async function messageIdOf(file: string): Promise<string | undefined> {
  try {
    await using handle = await open(file);
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(headerBytes) });
    const headers = buffer.toString('latin1', 0, bytesRead).split('\r\n\r\n', 1)[0] ?? '';
    return /^message-id:\s*(<[^>]*>)/im.exec(headers)?.[1];
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
