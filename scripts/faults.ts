import '#libs/local-stack/src/require-node-24.js';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '#libs/local-stack/src/stack-error.js';
import { type Breakage, breakages, breakBuild } from './faults/broken-build.js';
import { runFaults } from './faults/run-faults.js';
import { runOutages } from './faults/run-outages.js';

// npm run test:faults -- --kills N [--contracts N] [--seed S] [--broken NAME] [--json]
// npm run test:faults -- --outages [--seconds N] [--json]
const options = {
  kills: { type: 'string', default: '30' },
  contracts: { type: 'string', default: '500' },
  seed: { type: 'string' },
  broken: { type: 'string' },
  outages: { type: 'boolean' },
  seconds: { type: 'string', default: '60' },
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
  if (values.outages) return takePartsAway(count('seconds', values.seconds), print);
  const kills = count('kills', values.kills);
  const contracts = count('contracts', values.contracts);
  const seed = values.seed === undefined ? randomInt(1, 2 ** 31) : count('seed', values.seed);
  const folder = mkdtempSync(join(tmpdir(), 'keiyaku-faults-'));
  const broken = values.broken === undefined ? undefined : breakBuild(breakage(values.broken), join(folder, 'build'));

  print(`${kills} kills, at least ${contracts} contracts, seed ${seed}, data in ${folder}`);
  const { result, findings } = await runFaults({
    dataDir: join(folder, 'data'),
    kills,
    contracts,
    seed,
    print,
    ...(broken && { ...broken, kills }),
  });
  printFindings(findings, print);
  if (findings.length === 0) rmSync(folder, { recursive: true, force: true });
  else print(`Logs and data are kept in ${folder}. Again: --kills ${kills} --contracts ${contracts} --seed ${seed}`);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return findings.length === 0 ? 0 : 1;
}

/** Every part away for a while under load, killed and frozen. */
async function takePartsAway(seconds: number, print: (line: string) => void): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'keiyaku-outages-'));
  print(`Each part away for ${seconds} s, data in ${folder}`);
  const { findings, ...result } = await runOutages({ dataDir: join(folder, 'data'), seconds, print });
  printFindings(findings, print);
  if (findings.length === 0) rmSync(folder, { recursive: true, force: true });
  else print(`Logs and data are kept in ${folder}.`);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return findings.length === 0 ? 0 : 1;
}

function printFindings(findings: readonly string[], print: (line: string) => void): void {
  for (const line of findings.slice(0, mostFindings)) print(`  ${line}`);
  if (findings.length > mostFindings) print(`  … and ${findings.length - mostFindings} more`);
}

function count(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new Error(`--${name} is "${text}" and must be a whole number from 1.`);
}

function breakage(name: string): Breakage {
  const found = breakages.find((each) => each === name);
  if (found) return found;
  throw new Error(`--broken is "${name}" and must be one of: ${breakages.join(', ')}.`);
}
