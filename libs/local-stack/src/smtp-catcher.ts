import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { SMTPServer } from 'smtp-server';
import { messageOf } from './stack-error.js';

export const MAX_MAIL_BYTES = 25 * 1024 * 1024;
const UNFINISHED = '.unfinished';

/** An SMTP server that sends nothing on: every mail that it accepts lies as an `.eml` file in `folder` before it answers 250. */
export function createSmtpCatcher(folder: string): SMTPServer {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder).filter((file) => file.endsWith(UNFINISHED))) rmSync(join(folder, name));
  return new SMTPServer({
    name: 'localhost',
    banner: 'Keiyaku mail catcher',
    size: MAX_MAIL_BYTES,
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    onData(stream, _session, callback) {
      acceptMail(folder, stream).then(
        (file) => callback(null, `Stored as ${file}`),
        (error: Error) => callback(error),
      );
    },
  });
}

async function acceptMail(folder: string, stream: Readable & { sizeExceeded: boolean }): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) if (!stream.sizeExceeded) chunks.push(chunk as Buffer);
  if (stream.sizeExceeded) {
    throw smtpError(552, `The mail is larger than ${MAX_MAIL_BYTES} bytes: send a smaller one`);
  }
  const mail = Buffer.concat(chunks);
  const file = fileNameFor(mail);
  try {
    await storeMail(folder, file, mail);
  } catch (error) {
    process.stderr.write(`A mail could not be stored in ${folder}: ${messageOf(error)}\n`);
    throw smtpError(451, 'The mail could not be stored: try again later');
  }
  return file;
}

async function storeMail(folder: string, file: string, mail: Buffer): Promise<void> {
  const unfinished = join(folder, `${file}${UNFINISHED}`);
  await using handle = await open(unfinished, 'w', 0o600);
  await handle.writeFile(mail);
  await handle.sync();
  await rename(unfinished, join(folder, file));
  await using directory = await open(folder);
  await directory.sync();
}

let lastTime = 0;

/** Sorts by time of arrival; the same Message-ID always gives the same ending, so a mail that was sent twice shows. */
function fileNameFor(mail: Buffer): string {
  lastTime = Math.max(Date.now(), lastTime + 1);
  const time = new Date(lastTime).toISOString().replace(/[-:]/g, '');
  return `${time}-${createHash('sha256').update(messageIdOf(mail)).digest('hex').slice(0, 16)}.eml`;
}

function messageIdOf(mail: Buffer): string | Buffer {
  const headers = mail.toString('latin1').split('\r\n\r\n', 1)[0] ?? '';
  return /^message-id:\s*(<[^>]*>)/im.exec(headers)?.[1] ?? mail;
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
