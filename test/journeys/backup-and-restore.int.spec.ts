import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { checkpointsOf } from '#libs/backup/src/databases.js';
import type { Manifest } from '#libs/backup/src/manifest.js';
import type { ConsumerStatus } from '#libs/event-sourcing/src/consumer.js';
import { importLog } from '#libs/eventstore-server/src/log-copy.js';
import { compiled } from '#libs/local-stack/src/files.js';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { KeiyakuApi } from '../../scripts/demo/keiyaku-api.js';
import { verdictOn } from '../../scripts/faults/run-faults.js';
import { type Acknowledged, CrmLoad } from '../../scripts/faults/crm-load.js';
import { InFlight } from '../../scripts/faults/in-flight.js';
import { seeded } from '../../scripts/faults/random.js';
import { type RawEvent, readWholeLog, watchLog } from '../../scripts/faults/raw-log.js';

/** A whole system starts three times, on a machine that may have other work. */
const timeout = 420_000;
const patience = { timeoutMs: 120_000 };

async function start(dataDir: string): Promise<Stack> {
  // The lease is over soon, so that what the lost instance had in hand is taken up within the test.
  const environment = { PATH: process.env['PATH'], PROVISIONING_LEASE_MS: '2000', PROVISIONING_RECONCILE_MS: '500' };
  const stack = await startStack({ dataDir, suite: true, ports: { suite: 0 }, environment });
  onTestFinished(() => stack.stop());
  return stack;
}

/** Runs a script as npm does, and answers what it prints. */
async function run(name: string, dataDir: string, ...args: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], KEIYAKU_DATA: dataDir };
  const child = spawn(process.execPath, [compiled(`scripts/${name}.js`), ...args], { env });
  const [out, complaints] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  expect(complaints).toBe('');
  return out;
}

async function answerOf<Answer>(name: string, dataDir: string, ...args: readonly string[]): Promise<Answer> {
  const out = await run(name, dataDir, ...args, '--json');
  return JSON.parse(out.trimEnd().split('\n').at(-1)!) as Answer;
}

async function signIn(stack: Stack): Promise<KeiyakuApi> {
  const file = readFileSync(join(stack.dataDir, 'service-clients.json'), 'utf8');
  const clients = JSON.parse(file) as { id: string; secret: string }[];
  return KeiyakuApi.signIn(
    stack.suiteUrls[0]!,
    clients.find(({ id }) => id === 'crm')!,
  );
}

/** A CRM that keeps contracts in work, and what the log says of them. */
async function startLoad(stack: Stack) {
  const ended = new AbortController();
  const inFlight = new InFlight();
  const watching = watchLog(stack.env['EVENTSTORE_URL']!, (event) => inFlight.see(event), ended.signal);
  const api = await signIn(stack);
  const source = await api.post<{ id: string; secret: string }>('/api/webhook-sources', { name: 'Backup test CRM' });
  const load = new CrmLoad({ suiteUrls: stack.suiteUrls, source, inFlight, atOnce: 12, random: seeded(7) });
  let enough = false;
  const running = load.run(() => enough, ended.signal);
  return {
    load,
    inFlight,
    stop: async () => {
      enough = true;
      await running;
      ended.abort();
      await watching;
    },
  };
}

/** External ids of the contracts for which an event of a type stands in the log. */
function contractsWith(type: string, log: readonly RawEvent[]): Set<string> {
  const environments = new Map<string, string>();
  const found = new Set<string>();
  for (const event of log) {
    const data = event.data as Record<string, string>;
    if (event.type === 'environment.requested') environments.set(data['environmentId']!, data['externalId']!);
    if (event.type === 'delivery.requested') {
      const { environmentId } = event.data['content'] as { environmentId: string };
      environments.set(data['deliveryId']!, environments.get(environmentId)!);
    }
    if (event.type === type) found.add(environments.get(data['deliveryId'] ?? data['environmentId']!)!);
  }
  return found;
}

/** What lies in people's inboxes: all that the second instance sent, and what the first one had sent by its log. */
function inboxes(first: Stack, second: Stack, sentBefore: readonly Acknowledged[]): string {
  const folder = join(second.dataDir, 'all-mails');
  cpSync(second.mailsFolder, folder, { recursive: true });
  for (const name of readdirSync(first.mailsFolder)) {
    const content = readFileSync(join(first.mailsFolder, name), 'latin1');
    if (!sentBefore.some(({ email }) => content.includes(email))) continue;
    cpSync(join(first.mailsFolder, name), join(folder, `first-${name}`));
  }
  return folder;
}

it(
  'goes on from a backup as if nothing had happened since, and stops where log and databases do not fit',
  { timeout },
  async () => {
    const folder = temporaryFolder();
    const first = await start(join(folder, 'first'));
    const crm = await startLoad(first);
    await eventually(() => expect(crm.inFlight.count.finished).toBeGreaterThan(10), patience);

    // Contracts are in every stage of their way while the backup is taken.
    const backup = join(folder, 'backup');
    const acknowledgedBefore = crm.load.acknowledged.slice();
    const { log, rows } = await answerOf<Manifest>('backup', first.dataDir, '--to', backup);
    const head = BigInt(log.head);
    // Each of these bears to be newer than the log. Before another one joins them: docs/backup.md.
    expect(rows.flatMap(({ database, tables }) => tables.map(({ name }) => `${database} ${name}`))).toEqual([
      'contract public.webhook_credentials',
      'identity public.api_key_secrets',
      'identity public.credentials',
      'identity public.password_resets',
      'identity public.pending_passwords',
      'identity public.refresh_tokens',
      'identity public.second_factors',
      'identity public.signing_keys',
      'notification public.webhook_credentials',
      'personal_keys public.subject_keys',
      'provisioning public.cluster_credentials',
      'provisioning public.credential_links',
      'provisioning public.environment_credentials',
    ]);
    const goal = crm.load.acknowledged.length + 10;
    await eventually(() => expect(crm.load.acknowledged.length).toBeGreaterThan(goal), patience);
    await crm.stop();
    const whole = await readWholeLog(first.env['EVENTSTORE_URL']!);
    await first.stop();

    const copied = whole.filter(({ position }) => position <= head);
    const webhooks = new Set(copied.map(({ data }) => data['webhookId']));
    const kept = crm.load.acknowledged.filter(({ webhookId }) => webhooks.has(webhookId));
    expect(kept).toEqual(expect.arrayContaining(acknowledgedBefore));
    const [ready, leaving] = [contractsWith('environment.ready', copied), contractsWith('delivery.sending', copied)];
    const pending = kept.filter(({ externalId }) => !ready.has(externalId));
    expect(pending.length).toBeGreaterThan(0);
    expect(copied.length).toBeLessThan(whole.length);

    const data = join(folder, 'second');
    await answerOf('restore', data, '--from', backup, '--secrets', join(first.dataDir, 'secrets.json'));
    // The cluster outlives the instance.
    cpSync(join(first.dataDir, 'kubernetes'), join(data, 'kubernetes'), { recursive: true });
    const second = await start(data);
    await eventually(async () => {
      const inFlight = new InFlight();
      for (const { externalId } of kept) inFlight.acknowledge(externalId);
      for (const event of await readWholeLog(second.env['EVENTSTORE_URL']!)) inFlight.see(event);
      expect(inFlight.unfinished()).toEqual([]);
    }, patience);
    expect((await readWholeLog(second.env['EVENTSTORE_URL']!)).slice(0, copied.length)).toEqual(copied);
    const inbox = inboxes(
      first,
      second,
      kept.filter(({ externalId }) => leaving.has(externalId)),
    );
    await eventually(async () => {
      expect(await verdictOn(second, kept, inbox)).toMatchObject({ lost: [], doubled: [], unequal: [], wrong: [] });
    }, patience);
    for (const readModel of ['contract_list', 'environment_list']) {
      expect(await run('projections', data, 'verify', readModel)).toContain(`${readModel} equals a fresh rebuild`);
    }

    // The log of the backup under the databases of the second instance, which have seen more, and under its feet.
    const api = await signIn(second);
    await second.parts.eventStore!.kill('SIGTERM');
    renameSync(join(data, 'event-store'), join(data, 'event-store-newer'));
    await importLog(join(backup, 'log'), join(data, 'event-store'));
    await second.parts.eventStore!.restart();
    await eventually(async () => {
      const stopped = await whoStopped(second);
      expect(stopped.length).toBeGreaterThan(10);
      expect(stopped).toEqual((await consumersOf(second)).map(({ name }) => name));
    }, patience);
    await expect(api.post('/api/webhook-sources', { name: 'Another CRM' })).rejects.toThrow(/503: .*log_replaced/);
    const ahead = await consumersAhead(second, head);
    expect(ahead.length).toBeGreaterThan(0);
    await second.stop();
    const third = await start(data);
    await eventually(async () => expect((await whoStopped(third)).toSorted()).toEqual(ahead), patience);
  },
);

async function consumersOf(stack: Stack): Promise<readonly ConsumerStatus[]> {
  const answer = await fetch(`${stack.suiteUrls[0]!}/ready`);
  const { checks } = (await answer.json()) as { checks: { consumers: { detail: { consumers: ConsumerStatus[] } } } };
  const { consumers } = checks.consumers.detail;
  expect(answer.ok).toBe(consumers.every(({ state }) => state !== 'stopped'));
  return consumers;
}

/** Read models and policies that do nothing, each of which says why. */
async function whoStopped(stack: Stack): Promise<string[]> {
  const stopped = (await consumersOf(stack)).filter(({ state }) => state === 'stopped');
  for (const { problem } of stopped) expect(problem).toMatch(/restore or rebuild/);
  return stopped.map(({ name }) => name);
}

/** Whose checkpoint is beyond the end of the log. Who passed only events of no concern may not have saved one. */
async function consumersAhead(stack: Stack, head: bigint): Promise<string[]> {
  const server = new URL(stack.env['CONTRACT_DATABASE_URL']!);
  server.pathname = '/postgres';
  const ahead = (await checkpointsOf(server.href)).filter(({ position }) => BigInt(position) > head);
  return ahead.map(({ consumer }) => consumer.replace(/_g\d+$/, '')).toSorted();
}
