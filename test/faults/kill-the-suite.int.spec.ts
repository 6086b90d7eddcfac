import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import type { CrmCustomer } from '../../scripts/demo/customers.js';
import { Crm } from '../../scripts/demo/crm.js';
import { KeiyakuApi } from '../../scripts/demo/keiyaku-api.js';

/** Everything is real here, so a run that was killed waits for leases to run out before it goes on. */
const patience = { timeoutMs: 60_000 };
const shortLeases = { PROVISIONING_LEASE_MS: '2000', PROVISIONING_RECONCILE_MS: '500' };

interface LogEvent {
  readonly stream: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

let folder: string;
let stack: Stack;
let log: EventStoreDBClient;
let mailsBefore: number;

beforeAll(async () => {
  folder = makeTemporaryFolder();
  stack = await startStack({
    dataDir: folder,
    suite: true,
    ports: { suite: 0 },
    environment: { ...process.env, ...shortLeases },
  });
  log = EventStoreDBClient.connectionString(stack.env['EVENTSTORE_URL']!);
}, 60_000);

afterAll(async () => {
  await log.dispose();
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Moments in the way of one contract, each told by an event that is in the log when the kill comes. */
const moments: readonly (readonly [string, (event: LogEvent) => boolean])[] = [
  ['the webhook was acknowledged', ({ type }) => type === 'webhook.received'],
  ['the contract was signed', ({ type }) => type === 'contract.signed'],
  ['the URL was reserved', ({ type }) => type === 'reservation.made'],
  ['the environment was requested', ({ type }) => type === 'environment.requested'],
  ...(['plan', 'validate', 'dry-run', 'apply', 'wait', 'smoke'] as const).map(
    (step) =>
      [
        `the step ${step} was leased`,
        ({ type, data }: LogEvent) => type === 'environment.step_started' && data['step'] === step,
      ] as const,
  ),
  ['the environment became ready', ({ type }) => type === 'environment.ready'],
  ['the mail was requested', ({ type }) => type === 'delivery.requested'],
  ['the mail was about to leave', ({ type }) => type === 'delivery.sending'],
];

describe('kill -9 of the suite', () => {
  it.each(moments)(
    'when %s: after a restart there is one contract, one ready environment and one mail',
    async (_moment, isMoment) => {
      const client = serviceClient();
      const api = await KeiyakuApi.signIn(stack.urls.api.replace(/\/api$/, ''), client);
      const start = await positionOfHead();
      mailsBefore = mails().length;

      const killed = killWhen(isMoment, start);
      const crm = new Crm(folder, api);
      // The answer may be lost with the process; a CRM then sends the same webhook again.
      await Promise.allSettled([crm.signContract(), killed]);
      await stack.parts.suite!.restart();
      const { customer } = await crm.signContract();
      crm.finished();

      const events = await eventually(async () => {
        const stood = await eventsSince(start);
        expect(stood.map(({ type }) => type)).toContain('delivery.sent');
        return stood;
      }, patience);
      expectOneOfEverything(events, customer);
    },
    120_000,
  );
});

function expectOneOfEverything(events: readonly LogEvent[], customer: CrmCustomer): void {
  const count = (type: string): number => events.filter((event) => event.type === type).length;
  for (const type of ['webhook.received', 'contract.drafted', 'contract.signed', 'reservation.made']) {
    expect(count(type), type).toBe(1);
  }
  for (const type of ['environment.requested', 'environment.ready', 'delivery.requested', 'delivery.sent']) {
    expect(count(type), type).toBe(1);
  }
  expect(count('environment.needs_attention')).toBe(0);
  const sent = mails().length - mailsBefore;
  const possiblySent = count('delivery.possibly_sent');
  expect(sent, 'mails').toBeGreaterThanOrEqual(1);
  expect(sent, 'mails').toBeLessThanOrEqual(1 + possiblySent);
  const newest = mails().toSorted().at(-1)!;
  expect(readFileSync(join(stack.mailsFolder, newest), 'utf8')).toContain(customer.email);
}

/** Follows the log itself and kills the suite the moment that the event is in it. */
async function killWhen(isMoment: (event: LogEvent) => boolean, from: bigint): Promise<void> {
  const subscription = log.subscribeToAll({ fromPosition: { commit: from, prepare: from } });
  for await (const { event } of subscription) {
    if (!event?.isJson) continue;
    const { streamId, type, data } = event;
    if (isMoment({ stream: streamId, type, data: data as Record<string, unknown> })) break;
  }
  await stack.parts.suite!.kill('SIGKILL');
  await subscription.unsubscribe();
}

async function positionOfHead(): Promise<bigint> {
  const newest = log.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 });
  let position = 0n;
  for await (const { event } of newest) if (event) position = event.position.commit;
  return position;
}

async function eventsSince(position: bigint): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  for await (const { event } of log.readAll({ fromPosition: { commit: position, prepare: position } })) {
    if (!event?.isJson || event.position.commit <= position) continue;
    events.push({ stream: event.streamId, type: event.type, data: event.data as Record<string, unknown> });
  }
  return events;
}

function mails(): string[] {
  return readdirSync(stack.mailsFolder).filter((name) => name.endsWith('.eml'));
}

function serviceClient(): { id: string; secret: string } {
  const clients = JSON.parse(readFileSync(join(folder, 'service-clients.json'), 'utf8')) as {
    id: string;
    secret: string;
  }[];
  return clients.find(({ id }) => id === 'crm')!;
}
