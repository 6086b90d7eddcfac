import '#libs/local-stack/src/require-node-24.js';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '#libs/local-stack/src/stack-error.js';
import { runKills } from './event-store-kills/run-kills.js';

// npm run test:event-store-kills -- --kills N [--seed S] [--json]
const options = {
  kills: { type: 'string', default: '20' },
  seed: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const mostFindings = 50;

process.exit(await main());

async function main(): Promise<number> {
  try {
    return await run();
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 2;
  }
}

async function run(): Promise<number> {
  const { values } = parseArgs({ options });
  // With --json standard output is for the one object; people read the rest on standard error.
  const screen = values.json ? process.stderr : process.stdout;
  const print = (line: string): void => void screen.write(`${line}\n`);
  const kills = count('kills', values.kills);
  const seed = values.seed === undefined ? randomInt(1, 2 ** 31) : count('seed', values.seed);
  const folder = mkdtempSync(join(tmpdir(), 'eventstore-kills-'));
  print(`${kills} kills, seed ${seed}, data in ${folder}`);
  const { findings, ...verdict } = await runKills({ folder, kills, seed, print });
  for (const line of findings.slice(0, mostFindings)) print(`  ${line}`);
  if (findings.length > mostFindings) print(`  … and ${findings.length - mostFindings} more`);
  if (findings.length === 0) rmSync(folder, { recursive: true, force: true });
  else print(`The log is kept in ${folder}. Again: --kills ${kills} --seed ${seed}`);
  process.stdout.write(`${JSON.stringify({ kills, ...verdict })}\n`);
  return findings.length === 0 ? 0 : 1;
}

function count(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new Error(`--${name} is "${text}" and must be a whole number from 1.`);
}
