import '#libs/local-stack/src/require-node-24.js';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { restoreBackup } from '#libs/backup/src/restore-backup.js';
import { StackError, messageOf } from '#libs/local-stack/src/stack-error.js';
import { exitWith } from './exit-with.js';

const usage = `Puts a backup into the data folder of a local stack that does not run:
  npm run restore -- --from DIR [--to DATA] [--replace] [--secrets FILE] [--erased FILE] [--json]
    --to DATA        default: KEIYAKU_DATA or .data; made when it is missing
    --replace        what stands there is moved aside
    --secrets FILE   secrets.json of the instance that was backed up; default: the one in DATA
    --erased FILE    subjects that were erased since, one a line (docs/backup.md)`;

function options() {
  try {
    const { values } = parseArgs({
      options: {
        from: { type: 'string' },
        to: { type: 'string', default: process.env['KEIYAKU_DATA'] || '.data' },
        replace: { type: 'boolean', default: false },
        secrets: { type: 'string' },
        erased: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const { from, to, replace, secrets, erased, json } = values;
    if (!from) throw new StackError(usage);
    return {
      from: resolve(from),
      to: resolve(to),
      replace,
      ...(secrets && { secrets: resolve(secrets) }),
      ...(erased && { erased: resolve(erased) }),
      json,
    };
  } catch (error) {
    if (error instanceof StackError) throw error;
    throw new StackError(`${messageOf(error)}\n${usage}`);
  }
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

try {
  const { json, ...asked } = options();
  const restored = await restoreBackup(asked);
  const { takenAt, log, replaced, eraseAgain } = restored;
  if (json) print(JSON.stringify(restored));
  else {
    print(`${asked.to} holds the backup of ${takenAt}: ${log.events} events up to position ${log.head}.`);
    if (replaced) print(`What stood there is in ${replaced}: remove it once you need it no more.`);
    if (eraseAgain.length > 0) {
      print(
        `Erased since the backup began; their keys are destroyed. Request these erasures again, so that the copies go too:`,
      );
      for (const subject of eraseAgain) print(`  ${subject}`);
    }
    print('npm start goes on from there.');
  }
} catch (error) {
  exitWith(error);
}
