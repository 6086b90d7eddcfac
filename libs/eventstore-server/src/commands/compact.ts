import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { logFile } from '../log-file.js';
import { Storage } from '../storage.js';
import { UsageError, readOptions } from './usage-error.js';

export const usage = `Usage: keiyaku-eventstore compact --data DIR --to DIR

  --data DIR  the folder of the log, which a server may be writing
  --to DIR    a new folder

Copies the log without the room that a scavenge has freed. To shrink a data folder: stop the server, compact, and start
it with the new folder. At the end standard output gets {"to":"DIR","bytes":4711,"bytesBefore":9422}.`;

export async function run(args: readonly string[]): Promise<void> {
  const { data, to } = readOptions(args, { data: { type: 'string' }, to: { type: 'string' } });
  if (!data || !to) throw new UsageError('Give --data DIR and --to DIR.');
  if (!existsSync(join(data, logFile))) throw new Error(`${data} holds no log.`);
  const storage = new Storage(data, { durable: true, readOnly: true });
  try {
    await storage.copyTo(to);
  } finally {
    await storage.close();
  }
  const [bytes, bytesBefore] = [to, data].map((folder) => statSync(join(folder, logFile)).size);
  process.stdout.write(`${JSON.stringify({ to: resolve(to), bytes, bytesBefore })}\n`);
}
