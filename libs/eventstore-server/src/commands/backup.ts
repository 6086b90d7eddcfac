import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { CheckedFile } from '../checked-file.js';
import { exportLog } from '../log-copy.js';
import { checksumFile } from './checksum.js';
import { UsageError, readOptions } from './usage-error.js';

export const usage = `Usage: keiyaku-eventstore backup --data DIR --to FILE

  --data DIR  the folder of the log, which a server may be writing
  --to FILE   a new file; its checksum goes into FILE.sha256

The copy holds every event that was acknowledged before it began, and nothing after some point: it is a beginning of the
log. At the end standard output gets one line:
{"to":"FILE","bytes":4711,"sha256":"…","events":12,"head":"3480","firstEventId":"…","lastEventId":"…"}.`;

export async function run(args: readonly string[]): Promise<void> {
  const { data, to } = readOptions(args, { data: { type: 'string' }, to: { type: 'string' } });
  if (!data || !to) throw new UsageError('Give --data DIR and --to FILE.');
  if (existsSync(to)) throw new Error(`${to} exists: choose a new file.`);
  // Under its own name the file is always whole.
  const part = `${to}.part`;
  rmSync(part, { force: true });
  const { bytes, sha256, ...log } = await copy(data, part);
  writeFileSync(checksumFile(to), `${sha256}  ${basename(to)}\n`, { mode: 0o600, flush: true });
  renameSync(part, to);
  process.stdout.write(`${JSON.stringify({ to: resolve(to), bytes, sha256, ...log })}\n`);
}

async function copy(data: string, part: string) {
  using file = newFile(part);
  try {
    const log = await exportLog(data, (chunk) => file.write(chunk));
    const { bytes, sha256 } = file.finish();
    return { bytes, sha256, ...log };
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

function newFile(path: string): CheckedFile {
  try {
    return new CheckedFile(path);
  } catch (error) {
    throw new Error(`The backup can't be written: ${error instanceof Error ? error.message : String(error)}.`, {
      cause: error,
    });
  }
}
