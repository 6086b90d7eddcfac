import '#libs/local-stack/src/require-node-24.js';
import { randomInt } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runKills } from './event-store-kills/run-kills.js';
import { exitWithVerdict, printTo, tellVerdict, wholeNumber } from './verdict.js';

// npm run test:event-store-kills -- --kills N [--seed S] [--json]
const options = {
  kills: { type: 'string', default: '20' },
  seed: { type: 'string' },
  json: { type: 'boolean' },
} as const;

await exitWithVerdict(async () => {
  const { values } = parseArgs({ options });
  const print = printTo(values.json);
  const kills = wholeNumber('kills', values.kills);
  const seed = values.seed === undefined ? randomInt(1, 2 ** 31) : wholeNumber('seed', values.seed);
  const folder = mkdtempSync(join(tmpdir(), 'eventstore-kills-'));
  print(`${kills} kills, seed ${seed}, data in ${folder}`);
  const { findings, ...verdict } = await runKills({ folder, kills, seed, print });
  const kept = `The log is kept in ${folder}. Again: --kills ${kills} --seed ${seed}`;
  return tellVerdict({ findings, result: { kills, ...verdict }, folder, kept }, print);
});
