import '#libs/local-stack/src/require-node-24.js';
import { randomInt } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startStack } from '#libs/local-stack/src/stack.js';
import { SERVICES } from '#libs/local-stack/src/stack-plan.js';
import { type Breakage, breakages, breakBuild } from './faults/broken-build.js';
import { CrmPlace } from './faults/crm/crm-place.js';
import { runCrmKills } from './faults/crm/run-crm-kills.js';
import { everyMoment } from './faults/life-cycle/changes.js';
import { runLifeCycle } from './faults/life-cycle/run-life-cycle.js';
import { runFaults } from './faults/run-faults.js';
import { runOutages } from './faults/run-outages.js';
import { exitWithVerdict, type Print, printTo, tellVerdict, wholeNumber } from './verdict.js';

// npm run test:faults -- --kills N [--contracts N] [--seed S] [--broken NAME] [--json]
// npm run test:faults -- --outages [--seconds N] [--json]
// npm run test:faults -- --life-cycle [--json]
// npm run test:faults -- --crm [--kills N] [--seed S] [--json]
const options = {
  kills: { type: 'string', default: '30' },
  contracts: { type: 'string', default: '500' },
  seed: { type: 'string' },
  broken: { type: 'string' },
  outages: { type: 'boolean' },
  'life-cycle': { type: 'boolean' },
  crm: { type: 'boolean' },
  seconds: { type: 'string', default: '60' },
  json: { type: 'boolean' },
} as const;

await exitWithVerdict(async () => {
  const { values } = parseArgs({ options });
  const print = printTo(values.json);
  if (values.outages) return takePartsAway(wholeNumber('seconds', values.seconds), print);
  if (values['life-cycle']) return killDuringChanges(print);
  const kills = wholeNumber('kills', values.kills);
  const contracts = wholeNumber('contracts', values.contracts);
  const seed = values.seed === undefined ? randomInt(1, 2 ** 31) : wholeNumber('seed', values.seed);
  if (values.crm) return killTheCrm(kills, seed, print);
  const broken = values.broken === undefined ? undefined : breakage(values.broken);
  const folder = mkdtempSync(join(tmpdir(), 'keiyaku-faults-'));

  print(`${kills} kills, at least ${contracts} contracts, seed ${seed}, data in ${folder}`);
  const { result, findings } = await runFaults({
    dataDir: join(folder, 'data'),
    kills,
    contracts,
    seed,
    print,
    ...(broken && { ...breakBuild(broken, join(folder, 'build')), kills }),
  });
  const kept = `Logs and data are kept in ${folder}. Again: --kills ${kills} --contracts ${contracts} --seed ${seed}`;
  return tellVerdict({ findings, result, folder, kept }, print);
});

/** Every part away for a while under load, killed and frozen. */
async function takePartsAway(seconds: number, print: Print): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'keiyaku-outages-'));
  print(`Each part away for ${seconds} s, data in ${folder}`);
  const { findings, ...result } = await runOutages({ dataDir: join(folder, 'data'), seconds, print });
  return tellVerdict({ findings, result, folder, kept: `Logs and data are kept in ${folder}.` }, print);
}

/** The suite killed at every moment of an amendment, a suspension, a resumption and a termination. */
async function killDuringChanges(print: Print): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'keiyaku-life-cycle-'));
  const lives = everyMoment();
  print(`${lives.length} contracts from the signature to the end, data in ${folder}`);
  const { findings, result } = await runLifeCycle({ dataDir: join(folder, 'data'), lives, print });
  return tellVerdict({ findings, result, folder, kept: `Logs and data are kept in ${folder}.` }, print);
}

/** The CRM's services killed while they carry out commands. */
async function killTheCrm(kills: number, seed: number, print: Print): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'keiyaku-crm-'));
  print(`${kills} kills of the CRM's services, seed ${seed}, data in ${folder}`);
  const ports = Object.fromEntries(['suite', ...SERVICES].map((name) => [name, 0]));
  const stack = await startStack({ dataDir: join(folder, 'data'), suite: false, services: true, ports });
  try {
    const { result, findings } = await runCrmKills(await CrmPlace.enter(stack), { kills, seed, atOnce: 6, print });
    const kept = `Logs and data are kept in ${folder}. Again: --crm --kills ${kills} --seed ${seed}`;
    return tellVerdict({ findings, result, folder, kept }, print);
  } finally {
    await stack.stop();
  }
}

function breakage(name: string): Breakage {
  const found = breakages.find((each) => each === name);
  if (found) return found;
  throw new Error(`--broken is "${name}" and must be one of: ${breakages.join(', ')}.`);
}
