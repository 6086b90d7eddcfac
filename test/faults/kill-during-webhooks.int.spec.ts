import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { startWebhookReceiver, type WebhookReceiver } from '#libs/testing/src/webhook-receiver.js';
import { Crm } from '../../scripts/demo/crm.js';
import { KeiyakuApi } from '../../scripts/demo/keiyaku-api.js';
import { type RawEvent, readWholeLog } from '../../scripts/faults/raw-log.js';

/** A webhook that may have left is left alone until its lease ends, 6 s after it was about to leave. */
const patience = { timeoutMs: 90_000 };
const shortLeases = { WEBHOOK_TIMEOUT_SECONDS: '1', PROVISIONING_LEASE_MS: '2000', PROVISIONING_RECONCILE_MS: '500' };

let folder: string;
let stack: Stack;
let log: EventStoreDBClient;
let receiver: WebhookReceiver;
let crm: Crm;
/** What stood in the log when the test began. */
let before: number;

beforeAll(async () => {
  folder = makeTemporaryFolder();
  [stack, receiver] = await Promise.all([
    startStack({
      dataDir: folder,
      suite: true,
      ports: { suite: 0 },
      environment: { ...process.env, ...shortLeases },
    }),
    startWebhookReceiver(),
  ]);
  log = EventStoreDBClient.connectionString(stack.env['EVENTSTORE_URL']!);
  const api = await signIn();
  await api.post('/api/webhook-endpoints', { name: 'CRM', url: receiver.url });
}, 60_000);

afterAll(async () => {
  await log.dispose();
  await stack.stop();
  await receiver.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Moments in the way of one webhook. */
const moments: readonly (readonly [string, Moment])[] = [
  ['there was something to tell', inTheLog(({ type }) => type === 'environment.requested')],
  ['the webhook was asked for', inTheLog(({ type }) => type === 'delivery.webhook_requested')],
  ['an attempt was leased', inTheLog(({ type, webhook }) => webhook && type === 'delivery.attempt_started')],
  ['the webhook was about to leave', inTheLog(({ type, webhook }) => webhook && type === 'delivery.sending')],
  ['the receiver had it and had not answered', atTheReceiver],
];

describe('kill -9 of the suite', () => {
  it.each(moments)(
    'when %s: the receiver is told everything, and nothing twice that the log does not own up to',
    async (_moment, comes) => {
      before = (await readWholeLog(stack.env['EVENTSTORE_URL']!)).length;
      receiver.mood = { status: 204 };
      crm = new Crm(folder, await signIn());
      const killed = comes(await positionOfHead()).then(() => stack.parts.suite!.kill('SIGKILL'));
      // It may lose its answer to the kill; when nothing was killed, there is nothing to see here.
      const signing = crm.signContract().catch(() => undefined);
      await killed;
      await signing;
      receiver.mood = { status: 204 };
      await stack.parts.suite!.restart();
      const { customer } = await new Crm(folder, await signIn()).signContract();
      crm.finished();

      await eventually(async () => {
        const told = receiver.received.filter(({ body }) => body.data['externalId'] === customer.id);
        expect(new Set(told.map(({ body }) => body.data['status']))).toEqual(new Set(['provisioning', 'ready']));
        const events = await since();
        expect(ids(events, 'delivery.webhook_requested').toSorted()).toEqual(ids(events, 'delivery.sent').toSorted());
      }, patience);
      const events = await since();
      const requested = ids(events, 'delivery.webhook_requested');
      expect(requested).toHaveLength(2);
      for (const id of requested) {
        const copies = receiver.received.filter((webhook) => webhook.id === id);
        const owned = ids(events, 'delivery.possibly_sent').filter((deliveryId) => deliveryId === id);
        expect(copies.length, 'copies').toBeGreaterThanOrEqual(1);
        expect(copies.length, 'copies').toBeLessThanOrEqual(1 + owned.length);
        expect(new Set(copies.map(({ raw }) => raw.toString())).size, 'bodies of one id').toBe(1);
      }
    },
    150_000,
  );
});

/** @param from position of the log after which it comes */
type Moment = (from: bigint) => Promise<void>;

/** Follows the log itself until an event is in it. */
function inTheLog(isMoment: (event: { readonly type: string; readonly webhook: boolean }) => boolean): Moment {
  return async (from) => {
    const webhooks = new Set<string>();
    const subscription = log.subscribeToAll({ fromPosition: { commit: from, prepare: from } });
    for await (const { event } of subscription) {
      if (!event?.isJson) continue;
      if (event.type === 'delivery.webhook_requested') webhooks.add(event.streamId);
      if (isMoment({ type: event.type, webhook: webhooks.has(event.streamId) })) break;
    }
    await subscription.unsubscribe();
  };
}

async function atTheReceiver(): Promise<void> {
  const had = receiver.received.length;
  receiver.mood = 'hang';
  await eventually(() => expect(receiver.received.length).toBeGreaterThan(had), patience);
}

async function positionOfHead(): Promise<bigint> {
  const newest = log.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 });
  let position = 0n;
  for await (const { event } of newest) if (event) position = event.position.commit;
  return position;
}

async function since(): Promise<readonly RawEvent[]> {
  return (await readWholeLog(stack.env['EVENTSTORE_URL']!)).slice(before);
}

/** Deliveries of webhooks that have an event of this type. Mails are no concern here. */
function ids(events: readonly RawEvent[], type: string): string[] {
  const id = ({ data }: RawEvent): string => data['deliveryId'] as string;
  const webhooks = new Set(events.filter((event) => event.type === 'delivery.webhook_requested').map(id));
  return events.filter((event) => event.type === type && webhooks.has(id(event))).map(id);
}

function signIn(): Promise<KeiyakuApi> {
  const clients = JSON.parse(readFileSync(join(folder, 'service-clients.json'), 'utf8')) as {
    id: string;
    secret: string;
  }[];
  const client = clients.find(({ id }) => id === 'crm')!;
  return KeiyakuApi.signIn(stack.urls.api.replace(/\/api$/, ''), client);
}
