import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PartName } from '#libs/local-stack/src/stack-plan.js';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { KeiyakuApi } from '../demo/keiyaku-api.js';
import { type Verdict, check } from './checker.js';
import { type Acknowledged, CrmLoad } from './crm-load.js';
import { InFlight } from './in-flight.js';
import { Killer } from './killer.js';
import { seeded } from './random.js';
import { watchLog } from './raw-log.js';

export interface FaultOptions {
  readonly dataDir: string;
  readonly kills: number;
  /** At least so many; more when the kills take longer. */
  readonly contracts: number;
  readonly seed: number;
  /** How many contracts are kept in work; default 24. */
  readonly atOnce?: number;
  /** Absolute path of another suite's `main.js`. */
  readonly suiteMain?: string;
  /** How often each part is killed, against the others; default: every part. */
  readonly victims?: Readonly<Partial<Record<PartName, number>>>;
  /** Added to the environment of the suite. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How long nothing may come to its end before the run counts as hung; default 200 s, longer than the longest pause. */
  readonly patienceMs?: number;
  readonly print: (line: string) => void;
}

/** The last line of `npm run test:faults`. */
export interface FaultResult {
  readonly kills: number;
  readonly contracts: number;
  readonly lost: number;
  readonly doubled: number;
  readonly possiblySent: number;
  readonly projectionsEqual: boolean;
}

export interface FaultReport {
  readonly result: FaultResult;
  /** A line for everything that must not be; none in a good run. */
  readonly findings: readonly string[];
}

const settledWithinMs = 30_000;

/** Starts everything twice where there can be two, lets contracts flow while parts are killed, and checks what came of it. */
export async function runFaults(options: FaultOptions): Promise<FaultReport> {
  const { dataDir, kills, contracts, seed, atOnce = 24, print } = options;
  const deaths: string[] = [];
  const failed = new AbortController();
  let killer: Killer | undefined;
  const stack = await startStack({
    dataDir,
    suite: true,
    suites: 2,
    ports: { suite: 0 },
    ...(options.suiteMain !== undefined && { suiteMain: options.suiteMain }),
    environment: { ...process.env, ...options.environment },
    onDeath: (line, part) => {
      deaths.push(line);
      print(`  ${line}`);
      killer?.revive(part, failed.signal).catch((error: unknown) => failed.abort(error));
    },
  });
  try {
    const inFlight = new InFlight();
    const url = stack.env['EVENTSTORE_URL']!;
    const watched = new AbortController();
    const watching = watchLog(url, (event) => inFlight.see(event), watched.signal);
    const source = await registerSource(stack);
    const load = new CrmLoad({ suiteUrls: stack.suiteUrls, source, inFlight, atOnce, random: seeded(seed + 1) });
    killer = new Killer({
      stack,
      inFlight,
      kills,
      contracts,
      random: seeded(seed),
      print,
      ...(options.victims && { victims: options.victims }),
    });

    let killing = true;
    const killed = killer.run(failed.signal).finally(() => (killing = false));
    killed.catch((error: unknown) => failed.abort(error));
    await load.run(() => !killing && inFlight.count.acknowledged >= contracts, failed.signal);
    failed.signal.throwIfAborted();
    await killed;
    const { patienceMs = 200_000 } = options;
    const hung = await untilQuiet(inFlight, patienceMs, print);
    failed.signal.throwIfAborted();
    watched.abort();
    await watching;

    print(`  answers: ${[...load.answers].map(([status, count]) => `${status} ${count} times`).join(', ')}`);
    print(`  fewest contracts in work at a kill: ${killer.fewestInWork}`);
    const verdict = await settled(stack, load, Math.min(patienceMs, settledWithinMs));
    const wrong = [
      ...hung,
      ...deaths,
      ...(killer.fewestInWork < 10 ? ['Fewer than 10 contracts were in work at a kill.'] : []),
    ];
    return report(killer.killed, load.acknowledged.length, verdict, wrong);
  } finally {
    await stack.stop();
  }
}

/** Waits until every acknowledged contract has come to its end; answers those that do not. */
export async function untilQuiet(
  inFlight: InFlight,
  patienceMs: number,
  print: (line: string) => void,
): Promise<string[]> {
  const { acknowledged, finished } = inFlight.count;
  print(`  quiet: ${acknowledged} acknowledged, ${finished} finished`);
  while (inFlight.unfinished().length > 0) {
    if (Date.now() - inFlight.progressAt > patienceMs) return inFlight.unfinished().map((line) => `hangs: ${line}`);
    await delay(100);
  }
  return [];
}

/** Read models follow the log by a moment, so a difference must last to count. */
export async function settled(stack: Stack, load: CrmLoad, withinMs: number): Promise<Verdict> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const verdict = await verdictOn(stack, load.acknowledged);
    if (verdict.unequal.length === 0 || Date.now() > deadline) return verdict;
    await delay(500);
  }
}

/** @param mailsFolder `.eml` files of all mails that the stack's customers got */
export async function verdictOn(
  { env, ...stack }: Stack,
  acknowledged: readonly Acknowledged[],
  mailsFolder = stack.mailsFolder,
): Promise<Verdict> {
  return check({
    acknowledged,
    eventStoreUrl: env['EVENTSTORE_URL']!,
    databases: {
      identity: env['IDENTITY_DATABASE_URL']!,
      contract: env['CONTRACT_DATABASE_URL']!,
      provisioning: env['PROVISIONING_DATABASE_URL']!,
      notification: env['NOTIFICATION_DATABASE_URL']!,
    },
    keyDatabaseUrl: env['PERSONAL_KEYS_DATABASE_URL']!,
    encryptionKey: env['ENCRYPTION_KEY']!,
    mailsFolder,
  });
}

/** The machine client that plays the CRM. */
export function crmClient(stack: Pick<Stack, 'dataDir'>): { id: string; secret: string } {
  const file = join(stack.dataDir, 'service-clients.json');
  const clients = JSON.parse(readFileSync(file, 'utf8')) as { id: string; secret: string }[];
  return clients.find(({ id }) => id === 'crm')!;
}

export async function registerSource(stack: Stack): Promise<{ id: string; secret: string }> {
  const api = await KeiyakuApi.signIn(stack.suiteUrls[0]!, crmClient(stack));
  return api.post('/api/webhook-sources', { name: 'Fault test CRM' });
}

function report(kills: number, contracts: number, verdict: Verdict, wrong: readonly string[]): FaultReport {
  const { lost, doubled, possiblySent, unequal } = verdict;
  // One contract counts once, however much of it is missing.
  const contractsIn = (lines: readonly string[]): number => new Set(lines.map((line) => line.split(':')[0])).size;
  return {
    result: {
      kills,
      contracts,
      lost: contractsIn(lost),
      doubled: contractsIn(doubled),
      possiblySent,
      projectionsEqual: unequal.length === 0,
    },
    findings: [...lost, ...doubled, ...unequal, ...verdict.wrong, ...wrong],
  };
}
