import { setTimeout as delay } from 'node:timers/promises';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { changedCatalogue } from '../../changed-catalogue.js';
import { clusterObjects, type ClusterObject } from '../cluster-objects.js';
import { registration, sendWebhook, type Source } from '../crm-load.js';
import { readWholeLog } from '../raw-log.js';
import { registerSource } from '../run-faults.js';
import { type Change, changes, courses, isMoment, type Life } from './changes.js';
import { findingsOfLives } from './check.js';
import { LogFollower } from './log-follower.js';

export interface LifeCycleOptions {
  readonly dataDir: string;
  readonly lives: readonly Life[];
  readonly print: (line: string) => void;
}

export interface LifeCycleReport {
  readonly result: { readonly kills: number; readonly contracts: number };
  /** A line for everything that must not be; none in a good run. */
  readonly findings: readonly string[];
}

const shortLeases = { PROVISIONING_LEASE_MS: '2000', PROVISIONING_RECONCILE_MS: '500' };
const patienceMs = 60_000;
const amended = { storage_quota: '80GB', user_limit: 12 };

/** Takes contracts from the signature to the end, kills the suite once during each change, and checks what came of it. */
export async function runLifeCycle({ dataDir, lives, print }: LifeCycleOptions): Promise<LifeCycleReport> {
  const stack = await startStack({
    dataDir,
    suite: true,
    ports: { suite: 0 },
    environment: { ...process.env, ...shortLeases, CATALOGUE_FILE: catalogueFile(dataDir) },
  });
  const log = new LogFollower(stack.env['EVENTSTORE_URL']!);
  try {
    const source = await registerSource(stack);
    const lived = [];
    for (const [index, life] of lives.entries()) {
      const externalId = `LIFE-${String(index + 1).padStart(3, '0')}`;
      lived.push({ externalId, after: await live({ stack, source, log, externalId }, life, print) });
    }
    const evidence = { log: await readWholeLog(stack.env['EVENTSTORE_URL']!), lives: lived, amendedStorage: '80G' };
    const kills = lives.length * changes.length;
    return { result: { kills, contracts: lives.length }, findings: findingsOfLives(evidence) };
  } finally {
    await log.stop();
    await stack.stop();
  }
}

interface Scene {
  readonly stack: Stack;
  readonly source: Source;
  readonly log: LogFollower;
  readonly externalId: string;
}

async function live(scene: Scene, life: Life, print: (line: string) => void): Promise<Record<Change, ClusterObject[]>> {
  const { stack, log, externalId } = scene;
  await tell(scene, webhookOf(externalId, 'customer.registered'));
  const request = (await comes(scene, 'environment.requested', (event) => event['externalId'] === externalId)).data;
  const own = (data: Readonly<Record<string, unknown>>): boolean =>
    [data['environmentId'], data['contractId']].some(
      (id) => id === request['environmentId'] || id === request['contractId'],
    );
  await comes(scene, 'environment.ready', own);
  const after: Partial<Record<Change, ClusterObject[]>> = {};
  for (const change of changes) {
    const { done } = courses[change];
    const webhook = webhookOf(externalId, courses[change].webhook);
    const moment = life[change];
    print(`  ${externalId}: ${change}, killed at ${moment}`);
    const begins = comes(scene, courses[change].once[0]!, own);
    const dies = begins.then(({ position }) =>
      log
        .until(
          (event) => event.position >= position && own(event.data) && isMoment(moment, event),
          `${moment} of the ${change}`,
          patienceMs,
        )
        .then(() => stack.parts.suite!.kill('SIGKILL')),
    );
    // The answer may be lost with the process; a CRM then sends the same webhook again.
    await Promise.all([tell(scene, webhook, dies), dies]);
    await stack.parts.suite!.restart();
    await tell(scene, webhook);
    await comes(scene, done, own);
    after[change] = [...(await clusterObjects(stack.env['KUBECONFIG']!))];
  }
  return after as Record<Change, ClusterObject[]>;
}

function comes({ log, externalId }: Scene, type: string, own: (data: Readonly<Record<string, unknown>>) => boolean) {
  return log.until((event) => event.type === type && own(event.data), `${type} of ${externalId}`, patienceMs);
}

interface Webhook {
  readonly id: string;
  readonly body: string;
}

/** Sends the webhook until it is acknowledged, or until the suite is gone. */
async function tell({ stack, source }: Scene, { id, body }: Webhook, gone?: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const stop = (): void => over.abort();
  gone?.then(stop, stop);
  while (!over.signal.aborted) {
    const { status, text } = await sendWebhook(stack.suiteUrls[0]!, source, id, body);
    if (status === 202) return;
    if (status !== undefined && status < 500) throw new Error(`${id} was answered ${status}: ${text}`);
    await delay(100);
  }
}

function webhookOf(externalId: string, type: string): Webhook {
  const whole = registration(externalId, `it@${externalId.toLowerCase()}.example`);
  const { customer } = whole.data;
  // An id with a point in it could not be told from what is signed with it.
  const id = `msg_${externalId}_${type.replace('.', '_')}`;
  switch (type) {
    case 'customer.registered':
      return { id, body: JSON.stringify(whole) };
    case 'customer.changed':
      return { id, body: JSON.stringify({ ...whole, type, data: { customer: { ...customer, ...amended } } }) };
    default: {
      const data = { customer: { id: externalId }, reason: 'As agreed.' };
      return { id, body: JSON.stringify({ ...whole, type, data }) };
    }
  }
}

/** What is shipped, but the data of the starter plan is exported and kept for no time. */
function catalogueFile(dataDir: string): string {
  return changedCatalogue(dataDir, (plan, shipped) => {
    return plan === 'starter' ? { export: true, retentionDays: 0 } : shipped;
  });
}
