import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshId, stableId } from '#libs/event-sourcing/src/ids.js';
import { eventually } from '#libs/testing/src/eventually.js';
import type { TestApp } from '#libs/testing/src/test-app.js';
import { startWebhookReceiver, type WebhookReceiver } from '#libs/testing/src/webhook-receiver.js';
import { expectGoldenShape } from '../../../../test/golden/golden-events.js';
import { abcEnvironment, append } from '../spec-environment.js';
import { type NotificationPlace, startNotification } from '../spec-notification.js';
import type { WebhookDeliveryPage, WebhookDeliveryView } from '../webhook-delivery-list/webhook-delivery-list.dto.js';
import { type Issued, registered } from './spec-endpoint.js';

/** A receiver that took nothing is asked again after 5 s, give or take a fifth. */
const untilTheSecondAttempt = { timeoutMs: 25_000 };
let place: NotificationPlace;
let app: TestApp;
const logged: string[] = [];
let receiver: WebhookReceiver;

beforeAll(async () => {
  const stream = { write: (line: string) => void logged.push(line) };
  place = await startNotification({ logger: { level: 'debug', stream }, env: { WEBHOOK_TIMEOUT_SECONDS: '1' } });
  ({ app } = place);
}, 60_000);

afterAll(async () => {
  await app?.close();
  await Promise.all([place?.smtp.stop(), place?.provisioning.stop()]);
});

beforeEach(async () => {
  receiver = await startWebhookReceiver();
  return () => receiver.stop();
});

const types = async (deliveryId: string) => (await app.events(`delivery-${deliveryId}`)).map(({ type }) => type);
const once = ['delivery.webhook_requested', 'delivery.attempt_started', 'delivery.sending', 'delivery.webhook_tried'];

/** An environment that is owed; what the endpoint is told of is its own. */
async function requestedEnvironment() {
  const about = abcEnvironment();
  const stream = `environment-${about.environmentId}`;
  const [eventId] = await append(app, stream, -1, { type: 'environment.requested', data: about });
  return { about, stream, eventId: eventId! };
}

const mine = (environmentId: string) =>
  receiver.received.filter(({ body }) => body.data['environmentId'] === environmentId);

async function delivery(id: string): Promise<WebhookDeliveryView> {
  return (await app.request<WebhookDeliveryView>(`/api/webhook-deliveries/${id}`, { role: 'OPERATOR' })).body;
}

describe('an environment', () => {
  it('is told of through its life: status, URL and specification, signed, and nothing about people', async () => {
    const endpoint = await registered(app, receiver.url);
    const { about, stream, eventId } = await requestedEnvironment();
    const attempt = freshId();
    const attention = { environmentId: about.environmentId, attempt, step: 'apply', reason: 'No.', whatToDo: 'Look.' };
    await append(app, stream, 0, { type: 'environment.needs_attention', data: attention });
    await append(app, stream, 1, {
      type: 'environment.retry_requested',
      data: { environmentId: about.environmentId, note: 'Again, says Bob.' },
    });
    await append(app, stream, 2, { type: 'environment.ready', data: { ...about, objectsApplied: 22 } });
    await eventually(() => expect(mine(about.environmentId)).toHaveLength(4));

    const told = mine(about.environmentId).toSorted(
      (a, b) => Number(a.body.data['sequence']) - Number(b.body.data['sequence']),
    );
    expect(told[0]!.body).toEqual({
      eventId,
      eventType: 'environment.requested',
      timestamp: expect.any(String),
      data: {
        environmentId: about.environmentId,
        contractId: about.contractId,
        externalId: 'CUST-2025-001',
        status: 'provisioning',
        url: 'https://abc-corporation.your-service.com',
        specification: { plan: 'enterprise', region: 'ap-northeast-1', storageQuota: '1TB', userLimit: 100 },
        sequence: 0,
      },
    });
    expect(Object.keys(told[0]!.body)).toEqual(['eventId', 'eventType', 'timestamp', 'data']);
    expect(
      told.map(({ body }) => [body.eventType, body.data['status'], body.data['reason'], body.data['sequence']]),
    ).toEqual([
      ['environment.requested', 'provisioning', undefined, 0],
      ['environment.needs_attention', 'needs_attention', 'No.', 1],
      ['environment.retry_requested', 'provisioning', undefined, 2],
      ['environment.ready', 'ready', undefined, 3],
    ]);
    expect(told[1]!.body.data).toMatchObject({ url: about.url, specification: { plan: 'enterprise' } });
    for (const webhook of told) {
      expect(receiver.verifies(webhook, endpoint.secret)).toBe(true);
      expect(webhook.headers['content-type']).toBe('application/json');
      for (const personal of ['@', 'ABC Corporation', 'Bob']) expect(webhook.raw.toString()).not.toContain(personal);
    }
    expect(told[0]!.id).toBe(stableId('webhook', eventId, endpoint.id));
  });

  it('is told once to each endpoint that wants the event and was there before it', async () => {
    const [all, some] = [
      await registered(app, receiver.url),
      await registered(app, receiver.url, { events: ['environment.ready'] }),
    ];
    const { about, eventId } = await requestedEnvironment();
    await eventually(async () =>
      expect(await types(stableId('webhook', eventId, all.id))).toEqual([...once, 'delivery.sent']),
    );
    const late = await registered(app, receiver.url);
    const [ready] = await append(app, `environment-${about.environmentId}`, 0, {
      type: 'environment.ready',
      data: { ...about, objectsApplied: 22 },
    });
    const ids = [all, some, late].map(({ id }) => stableId('webhook', ready!, id));
    for (const id of ids) await eventually(async () => expect(await types(id)).toEqual([...once, 'delivery.sent']));
    expect(
      mine(about.environmentId)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual([stableId('webhook', eventId, all.id), ...ids].toSorted());
    expect(await types(stableId('webhook', eventId, some.id))).toEqual([]);
    expect(await types(stableId('webhook', eventId, late.id))).toEqual([]);
  });

  it('is told again under the same id, with a new timestamp, when it was not taken', async () => {
    const endpoint = await registered(app, receiver.url);
    receiver.mood = { status: 503, body: 'busy, says ops@crm.example; token: abc123' };
    const { about, eventId } = await requestedEnvironment();
    const id = stableId('webhook', eventId, endpoint.id);
    await eventually(async () => expect(await types(id)).toContain('delivery.failed'));
    await eventually(async () => expect(await delivery(id)).toMatchObject({ status: 'waiting' }));
    const failed = await delivery(id);
    expect(failed.attempts).toEqual([
      {
        number: 1,
        startedAt: expect.any(String),
        outcome: 'failed',
        status: 503,
        durationMs: expect.any(Number),
        excerpt: 'busy, says … token: …',
        reason: 'The endpoint answered 503.',
      },
    ]);
    expect(Date.parse(failed.nextAttemptAt!)).toBeGreaterThan(Date.parse(failed.requestedAt));
    receiver.mood = { status: 200 };
    await eventually(async () => expect((await types(id)).at(-1)).toBe('delivery.sent'), untilTheSecondAttempt);
    const [first, second, ...more] = mine(about.environmentId);
    expect(more).toEqual([]);
    expect(second!.id).toBe(first!.id);
    expect(second!.raw).toEqual(first!.raw);
    expect(second!.timestamp).toBeGreaterThan(first!.timestamp);
    expect(await types(id)).not.toContain('delivery.possibly_sent');
  }, 40_000);

  it('whose receiver hid whether it got the webhook is told again, and the log says so', async () => {
    const endpoint = await registered(app, receiver.url);
    receiver.mood = 'drop';
    const { eventId } = await requestedEnvironment();
    const id = stableId('webhook', eventId, endpoint.id);
    await eventually(async () => expect(await types(id)).toContain('delivery.possibly_sent'));
    const [tried] = (await app.events(`delivery-${id}`)).filter(({ type }) => type === 'delivery.webhook_tried');
    expect(tried?.data).toMatchObject({ accepted: false, endpointId: endpoint.id });
    await eventually(async () =>
      expect((await delivery(id)).attempts[0]).toMatchObject({
        outcome: 'possibly_sent',
        reason: 'The connection broke before an answer came.',
      }),
    );
    expect((await delivery(id)).possiblySent).toBe(true);
    receiver.mood = { status: 204 };
    await eventually(async () => expect((await types(id)).at(-1)).toBe('delivery.sent'), untilTheSecondAttempt);
    expect(receiver.received.map((webhook) => webhook.id)).toEqual([id, id]);
  }, 40_000);

  it('is told to a receiver that answers late as an overloaded one: not before a minute is over', async () => {
    const endpoint = await registered(app, receiver.url);
    receiver.mood = 'hang';
    const { eventId } = await requestedEnvironment();
    const id = stableId('webhook', eventId, endpoint.id);
    await eventually(async () => expect(await types(id)).toContain('delivery.failed'));
    const failed = (await app.events(`delivery-${id}`)).find(({ type }) => type === 'delivery.failed')!;
    const { reason, retryAt } = failed.data as { reason: string; retryAt: string };
    expect(reason).toBe('There was no answer within 1 s.');
    expect(Date.parse(retryAt) - Date.parse(failed.metadata.occurredAt)).toBeGreaterThanOrEqual(60_000);
  });
});

describe('an endpoint', () => {
  it('that answers 410 is disabled, and what it missed is sent again after it was enabled', async () => {
    const since = new Date().toISOString();
    const endpoint = await registered(app, receiver.url);
    receiver.mood = { status: 410 };
    const { eventId } = await requestedEnvironment();
    const id = stableId('webhook', eventId, endpoint.id);
    await eventually(async () => expect((await types(id)).at(-1)).toBe('delivery.abandoned'));
    const read = () => app.request(`/api/webhook-endpoints/${endpoint.id}`, { role: 'OPERATOR' });
    await eventually(async () =>
      expect((await read()).body).toMatchObject({
        status: 'disabled',
        disabledBecause: 'The endpoint answered 410: it is gone for good.',
      }),
    );
    const next = await requestedEnvironment();
    const missed = stableId('webhook', next.eventId, endpoint.id);
    await eventually(async () =>
      expect(await delivery(missed)).toMatchObject({
        status: 'abandoned',
        abandonedBecause: 'The endpoint is disabled. Enable it, then replay what it missed.',
      }),
    );
    const post = (action: string, body?: object) =>
      app.request(`/api/webhook-endpoints/${endpoint.id}/${action}`, { method: 'POST', role: 'OPERATOR', body });
    expect(await post('replay', { since })).toMatchObject({ status: 409, body: { code: 'webhook_endpoint_disabled' } });
    receiver.mood = { status: 204 };
    expect(await post('enable')).toMatchObject({ status: 200 });
    expect(await post('replay', { since })).toMatchObject({ status: 200 });
    for (const each of [id, missed]) {
      await eventually(async () => expect((await types(each)).at(-1)).toBe('delivery.sent'));
      await eventually(async () => expect((await delivery(each)).status).toBe('sent'));
    }
    const sent = receiver.received.map((webhook) => webhook.id);
    expect(sent.toSorted()).toEqual([id, id, missed].toSorted());
    expect((await delivery(id)).attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, 'failed'],
      [2, 'sent'],
    ]);
  });

  it('gets a test message, in one attempt, also while it is disabled', async () => {
    const endpoint = await registered(app, receiver.url);
    const post = (action: string) =>
      app.request<{ id: string }>(`/api/webhook-endpoints/${endpoint.id}/${action}`, {
        method: 'POST',
        role: 'OPERATOR',
      });
    await post('disable');
    const { status, headers, body } = await post('test');
    expect({ status, location: headers.get('location') }).toEqual({
      status: 201,
      location: `/api/webhook-deliveries/${body.id}`,
    });
    await eventually(() => expect(receiver.received).toHaveLength(1));
    expect(receiver.received[0]!.body).toMatchObject({ eventId: body.id, eventType: 'webhook_endpoint.test' });
    expect(receiver.verifies(receiver.received[0]!, endpoint.secret)).toBe(true);
    receiver.mood = { status: 500 };
    const { body: second } = await post('test');
    await eventually(async () => expect((await types(second.id)).at(-1)).toBe('delivery.abandoned'));
  });

  it('gets a webhook again on demand, whatever became of it', async () => {
    const endpoint = await registered(app, receiver.url);
    const { eventId } = await requestedEnvironment();
    const id = stableId('webhook', eventId, endpoint.id);
    await eventually(async () => expect((await types(id)).at(-1)).toBe('delivery.sent'));
    const replay = (delivered: string) =>
      app.request(`/api/webhook-deliveries/${delivered}/replay`, { method: 'POST', role: 'OPERATOR' });
    expect(await replay(id)).toMatchObject({ status: 200, body: { id } });
    await eventually(() => expect(receiver.received.map((webhook) => webhook.id)).toEqual([id, id]));
    const unknown = await replay(freshId());
    expect(unknown).toMatchObject({ status: 404, body: { code: 'webhook_delivery_not_found' } });
  });

  it('is signed for with both secrets during a rotation, and with the newest two after it', async () => {
    const endpoint = await registered(app, receiver.url);
    const rotate = async () =>
      (await app.request<Issued>(`/api/webhook-endpoints/${endpoint.id}/secrets`, { method: 'POST', role: 'ADMIN' }))
        .body;
    const test = async () => {
      const before = receiver.received.length;
      await app.request(`/api/webhook-endpoints/${endpoint.id}/test`, { method: 'POST', role: 'OPERATOR' });
      await eventually(() => expect(receiver.received).toHaveLength(before + 1));
      return receiver.received.at(-1)!;
    };
    const second = await rotate();
    const during = await test();
    expect([endpoint.secret, second.secret].map((secret) => receiver.verifies(during, secret))).toEqual([true, true]);
    const third = await rotate();
    const after = await test();
    const passing = [endpoint.secret, second.secret, third.secret].map((secret) => receiver.verifies(after, secret));
    expect(passing).toEqual([false, true, true]);
  });
});

describe('the list of webhook deliveries', () => {
  it('filters by endpoint, status and type, page by page', async () => {
    const [endpoint, other] = [await registered(app, receiver.url), await registered(app, receiver.url)];
    const { eventId, about } = await requestedEnvironment();
    const [ready] = await append(app, `environment-${about.environmentId}`, 0, {
      type: 'environment.ready',
      data: { ...about, objectsApplied: 22 },
    });
    const first = stableId('webhook', eventId, endpoint.id);
    const second = stableId('webhook', ready!, endpoint.id);
    const list = async (query: string) =>
      (await app.request<WebhookDeliveryPage>(`/api/webhook-deliveries?${query}`, { role: 'SUPPORT' })).body;
    await eventually(async () => {
      const { items } = await list(`endpointId=${endpoint.id}&status=sent`);
      expect(items.map(({ id }) => id).toSorted()).toEqual([first, second].toSorted());
    });
    const { items } = await list(`endpointId=${endpoint.id}&eventType=environment.ready`);
    expect(items.map(({ id }) => id)).toEqual([second]);
    expect((await list(`endpointId=${other.id}&status=abandoned`)).items).toEqual([]);
    const page = await list(`endpointId=${endpoint.id}&limit=1&sort=requestedAt`);
    const last = await list(`endpointId=${endpoint.id}&limit=1&sort=requestedAt&cursor=${page.next}`);
    expect([...page.items, ...last.items].map(({ id }) => id)).toEqual([first, second]);
    expect(last.next).toBeNull();
  });

  it.each([
    ['status=gone', '/status', 'Status must be one of: waiting, attempting, sending, sent, abandoned.'],
    ['endpointId=1', '/endpointId', 'EndpointId must be a UUID.'],
  ])('refuses %s', async (query, pointer, detail) => {
    const answer = await app.request(`/api/webhook-deliveries?${query}`, { role: 'OPERATOR' });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ in: 'query', pointer, detail }] } });
  });
});

it('keeps secrets out of events and logs, and every event in its published shape', async () => {
  const endpoint = await registered(app, receiver.url);
  const { eventId } = await requestedEnvironment();
  const id = stableId('webhook', eventId, endpoint.id);
  await eventually(async () => expect((await types(id)).at(-1)).toBe('delivery.sent'));
  const log = await app.log();
  for (const event of log.filter(({ type }) => /^(delivery|webhook_endpoint)\./.test(type))) expectGoldenShape(event);
  const secret = endpoint.secret.slice('whsec_'.length);
  expect(JSON.stringify(log.map(({ data, metadata }) => ({ data, metadata })))).not.toContain(secret);
  expect(logged.join('')).not.toContain(secret);
  expect(logged.join('')).toContain('A delivery attempt failed');
});
