import { mkdirSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { importLog } from '../log-copy.js';
import { makeWholeLog, unfinished } from '../log-file.js';
import { demandIntact } from './checksum.js';
import { UsageError, readOptions } from './usage-error.js';

export const usage = `Usage: keiyaku-eventstore restore --from FILE --data DIR

  --from FILE  what backup wrote; FILE.sha256 must stand beside it
  --data DIR   the folder that the log goes to: missing or empty

Positions, numbers, ids and times are those of the log that was copied. At the end standard output gets one line:
{"data":"DIR","events":12,"head":"3480","firstEventId":"…","lastEventId":"…"}.`;

export async function run(args: readonly string[]): Promise<void> {
  const { from, data } = readOptions(args, { from: { type: 'string' }, data: { type: 'string' } });
  if (!from || !data) throw new UsageError('Give --from FILE and --data DIR.');
  await demandIntact(from);
  demandEmpty(data);
  const log = await makeWholeLog(data, (place) => importLog(from, place));
  process.stdout.write(`${JSON.stringify({ data: resolve(data), ...log })}\n`);
}

function demandEmpty(folder: string): void {
  let names: string[];
  try {
    mkdirSync(folder, { recursive: true });
    names = readdirSync(folder);
  } catch (error) {
    throw new Error(`Cannot use ${folder} as data folder: ${error instanceof Error ? error.message : String(error)}.`, {
      cause: error,
    });
  }
  if (names.every((name) => name === unfinished)) return;
  throw new Error(`${folder} is not empty: choose a new folder, or move aside what it holds.`);
}
