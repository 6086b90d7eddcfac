import '#libs/local-stack/src/require-node-24.js';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exitWithVerdict, printTo, tellVerdict, wholeNumber } from './verdict.js';
import { runVolume } from './volume/run-volume.js';

// npm run test:volume -- [--environments N] [--seed S] [--percent P] [--json]
const options = {
  environments: { type: 'string', default: '500' },
  seed: { type: 'string', default: '1' },
  percent: { type: 'string', default: '5' },
  json: { type: 'boolean' },
} as const;
const mostPercent = 25;

await exitWithVerdict(async () => {
  const { values } = parseArgs({ options });
  const print = printTo(values.json);
  const environments = wholeNumber('environments', values.environments);
  const seed = wholeNumber('seed', values.seed);
  const percent = wholeNumber('percent', values.percent);
  if (percent > mostPercent) {
    throw new Error(`--percent is ${percent} and may be at most ${mostPercent}: there are four classes of failures.`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'keiyaku-volume-'));
  print(`${environments} environments at once, ${percent} % of each class of failure, seed ${seed}, data in ${folder}`);
  const { result, findings } = await runVolume({
    dataDir: join(folder, 'data'),
    environments,
    seed,
    share: percent / 100,
    print,
  });
  const kept = `Logs and data are kept in ${folder}. Again: --environments ${environments} --seed ${seed}`;
  return tellVerdict({ findings, result, folder, kept }, print);
});
