import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { ApiLoad } from './api-load.js';
import { ask } from './answer.js';
import { CrmLoad } from './crm-load.js';
import { InFlight } from './in-flight.js';
import { seeded } from './random.js';
import { readWholeLog, watchLog } from './raw-log.js';
import { crmClient, registerSource, settled, untilQuiet } from './run-faults.js';
import { type Manner, type OutagePart, manners, outageParts, takeAway } from './take-away.js';
import { Tally } from './tally.js';

export interface OutageOptions {
  readonly dataDir: string;
  /** Each part is away at least so long, and until it was seen what that does. */
  readonly seconds: number;
  /** Default: every part, in every manner. */
  readonly outages?: readonly (readonly [OutagePart, Manner])[];
  /** How many contracts are kept in work; default 12. */
  readonly atOnce?: number;
  /** Added to the environment of the suite. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly print: (line: string) => void;
}

export interface Outage {
  readonly part: OutagePart;
  readonly manner: Manner;
  readonly seconds: number;
  /** Answered while the part was away and until everything worked again. */
  readonly requests: number;
  /** Those with `Retry-After` and a code that says what is away. */
  readonly answers503: number;
  /** Neither success nor such a 503. */
  readonly otherErrors: number;
  /** Contracts that were acknowledged meanwhile and lack something in the end. */
  readonly lost: number;
  /** From the part's return until `/ready` is well and webhooks, commands and reads succeed. */
  readonly recoveredMs: number;
}

export interface OutageReport {
  readonly outages: readonly Outage[];
  /** The most that the suite took. */
  readonly rssMb: number;
  /** A line for everything that must not be; none in a good run. */
  readonly findings: readonly string[];
}

const everyOutage = (Object.keys(outageParts) as OutagePart[]).flatMap((part) =>
  manners.map((manner) => [part, manner] as const),
);
const noticedWithinMs = 60_000;
const recoveredWithinMs = 120_000;
/** Work that waits for a part goes on after a pause of minutes at the longest, for mails. */
const patienceMs = 400_000;
const fewestRequests = 30;
const fewestRefusals = 5;

/** Lets contracts, commands and reads flow while one part after the other is away, and checks what came of it. */
export async function runOutages(options: OutageOptions): Promise<OutageReport> {
  const { dataDir, atOnce = 12, print, outages = everyOutage } = options;
  const findings: string[] = [];
  const stack = await startStack({
    dataDir,
    suite: true,
    ports: { suite: 0 },
    environment: { ...process.env, ...options.environment },
    onDeath: (line) => findings.push(line),
  });
  const suiteUrl = stack.suiteUrls[0]!;
  let tally = new Tally();
  const enough = new AbortController();
  const stopped = new AbortController();
  let sampling: NodeJS.Timeout | undefined;
  try {
    const observe = (answer: Parameters<Tally['see']>[0]): void => tally.see(answer);
    const inFlight = new InFlight();
    const watching = watchLog(stack.env['EVENTSTORE_URL']!, (event) => inFlight.see(event), stopped.signal);
    const source = await registerSource(stack);
    const crm = new CrmLoad({ suiteUrls: [suiteUrl], source, inFlight, atOnce, random: seeded(1), observe });
    const api = new ApiLoad({ suiteUrl, client: crmClient(stack), observe });
    await api.signIn();
    const load = Promise.all([
      crm.run(() => enough.signal.aborted, stopped.signal),
      api.run(AbortSignal.any([stopped.signal, enough.signal])),
    ]);
    load.catch((error: unknown) => stopped.abort(error));

    let rssMb = 0;
    sampling = setInterval(() => (rssMb = Math.max(rssMb, residentMb(stack))), 500);
    const seen: (Omit<Outage, 'lost'> & { readonly contracts: readonly string[] })[] = [];
    for (const [part, manner] of outages) {
      await works(suiteUrl, () => (tally = new Tally()), stopped.signal);
      await api.signIn();
      tally = new Tally();
      const from = crm.acknowledged.length;
      const outage = await suffer(stack, part, manner, options.seconds, tally, stopped.signal);
      const others = tally.others;
      findings.push(...others.map((line) => `${part} ${manner}: ${line}`));
      findings.push(...outage.findings.map((line) => `${part} ${manner}: ${line}`));
      const codes = [...tally.refusals].map(([code, count]) => `${code} ${count} times`).join(', ');
      print(`  ${part} ${manner}: ${tally.requests} requests, ${codes || 'no 503'}, ${others.length} other errors`);
      print(`    noticed after ${outage.noticedMs} ms, recovered ${outage.recoveredMs} ms after its return`);
      seen.push({
        part,
        manner,
        seconds: Math.round(outage.awayMs / 1000),
        requests: tally.requests,
        answers503: tally.refused,
        otherErrors: others.length,
        recoveredMs: outage.recoveredMs,
        contracts: crm.acknowledged.slice(from).map(({ externalId }) => externalId),
      });
    }
    enough.abort();
    await load;
    findings.push(...(await untilQuiet(inFlight, patienceMs, print)));
    stopped.abort();
    await watching;
    const verdict = await settled(stack, crm, 30_000);
    findings.push(...verdict.lost, ...verdict.doubled, ...verdict.unequal, ...verdict.wrong);
    findings.push(...(await missing(stack, api.registered)));
    print(`  ${crm.acknowledged.length} contracts, ${api.registered.length} commands, ${rssMb} MB at most`);
    const lost = new Set(verdict.lost.map((line) => line.split(':')[0]!));
    return {
      outages: seen.map(({ contracts, ...outage }) => ({
        ...outage,
        lost: contracts.filter((externalId) => lost.has(externalId)).length,
      })),
      rssMb,
      findings,
    };
  } finally {
    clearInterval(sampling);
    stopped.abort();
    await stack.stop();
  }
}

/** One outage, from taking the part away until everything works again. */
async function suffer(
  stack: Stack,
  part: OutagePart,
  manner: Manner,
  seconds: number,
  tally: Tally,
  signal: AbortSignal,
): Promise<{ awayMs: number; noticedMs: number; recoveredMs: number; findings: string[] }> {
  const suiteUrl = stack.suiteUrls[0]!;
  const findings: string[] = [];
  const startedAt = performance.now();
  const since = (instant: number): number => Math.round(performance.now() - instant);
  const bringBack = await takeAway(stack, part, manner);
  let noticedMs: number;
  let backAt: number;
  try {
    await until(async () => (await failing(suiteUrl)).includes(outageParts[part]), noticedWithinMs, signal);
    noticedMs = since(startedAt);
    // Requests do not need Redis and the mail server.
    const needed = part === 'eventStore' || part === 'postgres';
    await until(() => tally.requests >= fewestRequests, noticedWithinMs, signal);
    if (needed) await until(() => tally.refused >= fewestRefusals, noticedWithinMs, signal);
    await until(() => since(startedAt) >= seconds * 1_000, seconds * 1_000 + noticedWithinMs, signal);
    for (const path of ['/health', '/metrics']) {
      const { status } = await ask(suiteUrl + path);
      if (status !== 200) findings.push(`${path} was answered ${status ?? 'nothing'}`);
    }
    const names = await failing(suiteUrl);
    if (!names.includes(outageParts[part])) findings.push(`/ready does not name ${outageParts[part]}: ${names.join()}`);
  } finally {
    backAt = performance.now();
    await bringBack();
  }
  const awayMs = backAt - startedAt;
  const returnedAt = performance.now();
  tally.forgetSuccesses();
  const well = async (): Promise<boolean> => tally.works && (await failing(suiteUrl)).length === 0;
  await until(well, recoveredWithinMs, signal);
  return { awayMs, noticedMs, recoveredMs: since(returnedAt), findings };
}

/** Waits until everything works. */
async function works(suiteUrl: string, begin: () => Tally, signal: AbortSignal): Promise<void> {
  const tally = begin();
  await until(async () => tally.works && (await failing(suiteUrl)).length === 0, recoveredWithinMs, signal);
}

/** What `/ready` names. */
async function failing(suiteUrl: string): Promise<readonly string[]> {
  const { status, text } = await ask(`${suiteUrl}/ready`);
  if (status === 200) return [];
  return status === 503 ? (JSON.parse(text) as { failing: string[] }).failing : [`no answer (${status})`];
}

/** Acknowledged commands whose event does not stand in the log exactly once. */
async function missing(stack: Stack, registered: readonly string[]): Promise<string[]> {
  const counts = new Map<unknown, number>();
  for (const { type, data } of await readWholeLog(stack.env['EVENTSTORE_URL']!)) {
    if (type !== 'webhook_source.registered') continue;
    counts.set(data['sourceId'], (counts.get(data['sourceId']) ?? 0) + 1);
  }
  const wrong = registered.filter((id) => counts.get(id) !== 1);
  return wrong.map((id) => `webhook source ${id} stands ${counts.get(id) ?? 0} times in the log`);
}

function residentMb(stack: Stack): number {
  const status = readFileSync(`/proc/${stack.parts.suite!.pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

async function until(
  condition: () => boolean | Promise<boolean>,
  withinMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    signal.throwIfAborted();
    if (performance.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${condition.toString()}`);
    await delay(100, undefined, { signal });
  }
}
