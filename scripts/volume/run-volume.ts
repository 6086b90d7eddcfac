import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { givenFailures, orderFailures } from '#libs/kubernetes-simulator/src/order-failures.js';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { KeiyakuApi } from '../demo/keiyaku-api.js';
import { registration, sendWebhook, type Source } from '../faults/crm-load.js';
import { readWholeLog, watchLog } from '../faults/raw-log.js';
import { crmClient } from '../faults/run-faults.js';
import { sharesOf } from './cases.js';
import { type Verdict, verdictOnVolume } from './check.js';
import { clusterObjects } from '../faults/cluster-objects.js';
import { Progress } from './progress.js';

export interface VolumeOptions {
  readonly dataDir: string;
  readonly environments: number;
  readonly seed: number;
  /** Of the environments that get each class of failure, from 0 to 0.25. */
  readonly share: number;
  /** Added to the environment of the suite. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly print: (line: string) => void;
}

/** The last line of `npm run test:volume`. */
export interface VolumeResult {
  readonly environments: number;
  /** How many were given each case of failure. */
  readonly given: Readonly<Record<string, number>>;
  readonly ready: number;
  readonly needsAttention: number;
  readonly lost: number;
  readonly doubled: number;
  readonly stuck: number;
  readonly wrongClass: number;
  /** From the first request until all had come to an end and their customers were told. */
  readonly seconds: number;
  /** Resident memory of the suite: when the first request came, the most until the end, and after the check. */
  readonly rssMb: { readonly before: number; readonly most: number; readonly after: number };
}

export interface VolumeReport {
  readonly result: VolumeResult;
  /** A line for everything that must not be; none in a good run. */
  readonly findings: readonly string[];
}

/** So long nothing may come to an end before what is left counts as stuck: longer than the longest pause of a retry. */
const patienceMs = 120_000;
/**
 * What the suite may take on top, however many environments come at once: garbage between two great collections, and
 * the plans of the 128 environments that may be in hand.
 */
const mostGrowthMb = 400;
const sendingAtOnce = 50;

/** Asks for that many environments at once while the cluster fails a share of them, and checks what came of it. */
export async function runVolume(options: VolumeOptions): Promise<VolumeReport> {
  const { dataDir, environments, seed, share, print } = options;
  const deaths: string[] = [];
  const stack = await startStack({
    dataDir,
    suite: true,
    ports: { suite: 0 },
    environment: { ...process.env, ...options.environment },
    onDeath: (line) => deaths.push(line),
  });
  const watched = new AbortController();
  let sampling: NodeJS.Timeout | undefined;
  try {
    const progress = new Progress();
    const url = stack.env['EVENTSTORE_URL']!;
    const kubeconfig = stack.env['KUBECONFIG']!;
    const watching = watchLog(url, (event) => progress.see(event), watched.signal);
    await orderFailures(kubeconfig, { shares: sharesOf(seed, share) });
    const source = await registerSource(stack);
    const before = residentMb(stack);
    let most = before;
    sampling = setInterval(() => (most = Math.max(most, residentMb(stack))), 250);
    const startedAt = performance.now();
    const requested = await requestAll(stack.suiteUrls[0]!, source, environments, seed);
    print(`  ${requested.length} contracts were acknowledged`);
    await over(progress, environments, (line) => print(`  ${line}, ${residentMb(stack)} MB`));
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    clearInterval(sampling);
    watched.abort();
    await watching;

    const given = await givenFailures(kubeconfig);
    const [log, objects] = [await readWholeLog(url), await clusterObjects(kubeconfig)];
    const verdict = verdictOnVolume({ requested, log, objects, given });
    const rssMb = { before, most, after: residentMb(stack) };
    const grown = rssMb.most - before;
    const memory = grown > mostGrowthMb ? [`The suite grew by ${grown} MB, and may by ${mostGrowthMb} MB.`] : [];
    const { lost, doubled, stuck, wrongClass, wrong } = verdict;
    return {
      result: { environments, given: counted(given.map((each) => each.case)), ...figures(verdict), seconds, rssMb },
      findings: [...lost, ...doubled, ...stuck, ...wrongClass, ...wrong, ...deaths, ...memory],
    };
  } finally {
    clearInterval(sampling);
    watched.abort();
    await stack.stop();
  }
}

/** With the same seed it is the same source in every run, and so every contract, environment and namespace. */
async function registerSource(stack: Stack): Promise<Source> {
  const api = await KeiyakuApi.signIn(stack.suiteUrls[0]!, crmClient(stack));
  return api.post('/api/webhook-sources', { name: 'Volume test CRM' }, { 'idempotency-key': 'volume-test' });
}

/** Sends every contract's webhook until it is acknowledged; answers their external ids. */
async function requestAll(suiteUrl: string, source: Source, environments: number, seed: number): Promise<string[]> {
  const requested = Array.from(
    { length: environments },
    (_, index) => `VOLUME-${seed}-${String(index + 1).padStart(5, '0')}`,
  );
  const left = [...requested];
  const sendOneByOne = async (): Promise<void> => {
    for (let externalId = left.shift(); externalId !== undefined; externalId = left.shift()) {
      const body = JSON.stringify(registration(externalId, `it@${externalId.toLowerCase()}.example`));
      for (;;) {
        const { status, headers, text } = await sendWebhook(suiteUrl, source, `msg_${externalId}`, body);
        if (status === 202) break;
        if (status !== 429 && status !== 503) throw new Error(`A webhook was answered ${status ?? 'nothing'}: ${text}`);
        await delay(1_000 * Number(headers.get('retry-after') ?? 1));
      }
    }
  };
  await Promise.all(Array.from({ length: sendingAtOnce }, sendOneByOne));
  return requested;
}

async function over(progress: Progress, environments: number, print: (line: string) => void): Promise<void> {
  let toldAt = Date.now();
  while (!progress.isOver(environments)) {
    if (Date.now() - progress.movedAt > patienceMs) return;
    if (Date.now() - toldAt > 5_000) {
      const { working, ready, needs_attention } = progress.count;
      print(`${working} on their way, ${ready} ready, ${needs_attention} need attention`);
      toldAt = Date.now();
    }
    await delay(100);
  }
}

function residentMb(stack: Stack): number {
  const status = readFileSync(`/proc/${stack.parts.suite!.pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function figures({ ready, needsAttention, lost, doubled, stuck, wrongClass }: Verdict) {
  // One environment counts once, however much of it is wrong.
  const environmentsIn = (lines: readonly string[]): number => new Set(lines.map((line) => line.split(':')[0])).size;
  return {
    ready,
    needsAttention,
    lost: environmentsIn(lost),
    doubled: environmentsIn(doubled),
    stuck: stuck.length,
    wrongClass: environmentsIn(wrongClass),
  };
}
