import { describe, expect, it } from 'vitest';
import { freshId, stableId } from '#libs/event-sourcing/src/ids.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { expectGoldenShape } from '../../../../test/golden/golden-events.js';
import { append } from '../spec-environment.js';
import { registered } from './spec-endpoint.js';
import { Sending } from './spec-sending.js';

/** A sending.receiver that took nothing is asked again after 5 s, give or take a fifth. */
const untilTheSecondAttempt = { timeoutMs: 25_000 };
const once = ['delivery.webhook_requested', 'delivery.attempt_started', 'delivery.sending', 'delivery.webhook_tried'];
const sending = Sending.inThisFile();

const mine = (environmentId: string) =>
  sending.receiver.received.filter(({ body }) => body.data['environmentId'] === environmentId);

describe('an environment', () => {
  it('is told of through its life: status, URL and specification, signed, and nothing about people', async () => {
    const endpoint = await registered(sending.app, sending.receiver.url);
    const { about, stream, eventId } = await sending.requestedEnvironment();
    const attempt = freshId();
    const attention = { environmentId: about.environmentId, attempt, step: 'apply', reason: 'No.', whatToDo: 'Look.' };
    await append(sending.app, stream, 0, { type: 'environment.needs_attention', data: attention });
    await append(sending.app, stream, 1, {
      type: 'environment.retry_requested',
      data: { environmentId: about.environmentId, note: 'Again, says Bob.' },
    });
    await append(sending.app, stream, 2, { type: 'environment.ready', data: { ...about, objectsApplied: 22 } });
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
      expect(sending.receiver.verifies(webhook, endpoint.secret)).toBe(true);
      expect(webhook.headers['content-type']).toBe('application/json');
      for (const personal of ['@', 'ABC Corporation', 'Bob']) expect(webhook.raw.toString()).not.toContain(personal);
    }
    expect(told[0]!.id).toBe(stableId('webhook', eventId, endpoint.id));
  });

  it('is told once to each endpoint that wants the event and was there before it', async () => {
    const [all, some] = [
      await registered(sending.app, sending.receiver.url),
      await registered(sending.app, sending.receiver.url, { events: ['environment.ready'] }),
    ];
    const { about, eventId } = await sending.requestedEnvironment();
    await eventually(async () =>
      expect(await sending.types(stableId('webhook', eventId, all.id))).toEqual([...once, 'delivery.sent']),
    );
    const late = await registered(sending.app, sending.receiver.url);
    const [ready] = await append(sending.app, `environment-${about.environmentId}`, 0, {
      type: 'environment.ready',
      data: { ...about, objectsApplied: 22 },
    });
    const ids = [all, some, late].map(({ id }) => stableId('webhook', ready!, id));
    for (const id of ids)
      await eventually(async () => expect(await sending.types(id)).toEqual([...once, 'delivery.sent']));
    expect(
      mine(about.environmentId)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual([stableId('webhook', eventId, all.id), ...ids].toSorted());
    expect(await sending.types(stableId('webhook', eventId, some.id))).toEqual([]);
    expect(await sending.types(stableId('webhook', eventId, late.id))).toEqual([]);
  });

  it('is told again under the same id, with a new timestamp, when it was not taken', async () => {
    const endpoint = await registered(sending.app, sending.receiver.url);
    sending.receiver.mood = { status: 503, body: 'busy, says ops@crm.example; token: abc123' };
    const { about, eventId } = await sending.requestedEnvironment();
    const id = stableId('webhook', eventId, endpoint.id);
    await eventually(async () =>
      expect(await sending.delivery(id)).toMatchObject({ status: 'waiting', attempts: [{ outcome: 'failed' }] }),
    );
    const failed = await sending.delivery(id);
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
    sending.receiver.mood = { status: 200 };
    await eventually(async () => expect((await sending.types(id)).at(-1)).toBe('delivery.sent'), untilTheSecondAttempt);
    const [first, second, ...more] = mine(about.environmentId);
    expect(more).toEqual([]);
    expect(second!.id).toBe(first!.id);
    expect(second!.raw).toEqual(first!.raw);
    expect(second!.timestamp).toBeGreaterThan(first!.timestamp);
    expect(await sending.types(id)).not.toContain('delivery.possibly_sent');
  }, 40_000);

  it('whose sending.receiver hid whether it got the webhook is told again, and the log says so', async () => {
    const endpoint = await registered(sending.app, sending.receiver.url);
    sending.receiver.mood = 'drop';
    const { eventId } = await sending.requestedEnvironment();
    const id = stableId('webhook', eventId, endpoint.id);
    await eventually(async () => expect(await sending.types(id)).toContain('delivery.possibly_sent'));
    const [tried] = (await sending.app.events(`delivery-${id}`)).filter(
      ({ type }) => type === 'delivery.webhook_tried',
    );
    expect(tried?.data).toMatchObject({ accepted: false, endpointId: endpoint.id });
    await eventually(async () =>
      expect((await sending.delivery(id)).attempts[0]).toMatchObject({
        outcome: 'possibly_sent',
        reason: 'The connection broke before an answer came.',
      }),
    );
    expect((await sending.delivery(id)).possiblySent).toBe(true);
    sending.receiver.mood = { status: 204 };
    await eventually(async () => expect((await sending.types(id)).at(-1)).toBe('delivery.sent'), untilTheSecondAttempt);
    expect(sending.receiver.received.map((webhook) => webhook.id)).toEqual([id, id]);
  }, 40_000);

  it('is told to a sending.receiver that answers late as an overloaded one: not before a minute is over', async () => {
    const endpoint = await registered(sending.app, sending.receiver.url);
    sending.receiver.mood = 'hang';
    const { eventId } = await sending.requestedEnvironment();
    const id = stableId('webhook', eventId, endpoint.id);
    await eventually(async () => expect(await sending.types(id)).toContain('delivery.failed'));
    const failed = (await sending.app.events(`delivery-${id}`)).find(({ type }) => type === 'delivery.failed')!;
    const { reason, retryAt } = failed.data as { reason: string; retryAt: string };
    expect(reason).toBe('There was no answer within 1 s.');
    expect(Date.parse(retryAt) - Date.parse(failed.metadata.occurredAt)).toBeGreaterThanOrEqual(60_000);
  });
});

it('keeps secrets out of events and logs, and every event in its published shape', async () => {
  const endpoint = await registered(sending.app, sending.receiver.url);
  const { eventId } = await sending.requestedEnvironment();
  const id = stableId('webhook', eventId, endpoint.id);
  await eventually(async () => expect((await sending.types(id)).at(-1)).toBe('delivery.sent'));
  sending.receiver.mood = { status: 500 };
  const refused = stableId('webhook', (await sending.requestedEnvironment()).eventId, endpoint.id);
  await eventually(async () => expect((await sending.types(refused)).at(-1)).toBe('delivery.failed'));
  const log = await sending.app.log();
  for (const event of log.filter(({ type }) => /^(delivery|webhook_endpoint)\./.test(type))) expectGoldenShape(event);
  const secret = endpoint.secret.slice('whsec_'.length);
  expect(JSON.stringify(log.map(({ data, metadata }) => ({ data, metadata })))).not.toContain(secret);
  expect(sending.logged.join('')).not.toContain(secret);
  expect(sending.logged.join('')).toContain('A delivery attempt failed');
});
