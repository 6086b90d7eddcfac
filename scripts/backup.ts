import '#libs/local-stack/src/require-node-24.js';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { takeBackup } from '#libs/backup/src/take-backup.js';
import { StackError, messageOf } from '#libs/local-stack/src/stack-error.js';
import { exitWith } from './exit-with.js';

const usage = `Copies log and databases of the local stack, also while it runs:
  npm run backup -- --to DIR [--json]
The data folder is KEIYAKU_DATA or .data. The copy opens only with its secrets.json, which is not in it: keep that
apart (docs/backup.md).`;

function options() {
  try {
    const { values } = parseArgs({ options: { to: { type: 'string' }, json: { type: 'boolean', default: false } } });
    if (values.to) return { to: resolve(values.to), json: values.json };
    throw new StackError(usage);
  } catch (error) {
    if (error instanceof StackError) throw error;
    throw new StackError(`${messageOf(error)}\n${usage}`);
  }
}

try {
  const { to, json } = options();
  const started = performance.now();
  const manifest = await takeBackup({ dataDir: resolve(process.env['KEIYAKU_DATA'] || '.data'), to });
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const { events, head } = manifest.log;
  process.stdout.write(
    json
      ? `${JSON.stringify({ to, bytes, seconds: Number(seconds), ...manifest })}\n`
      : `${events} events up to position ${head}, and the databases behind them, are in ${to}: ${(bytes / 1e6).toFixed(0)} MB in ${seconds} s.\n`,
  );
} catch (error) {
  exitWith(error);
}
