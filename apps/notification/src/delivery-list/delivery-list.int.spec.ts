import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import type { DeliveryEvent } from '#libs/events/src/notification.js';
import type { ProblemBody } from '#libs/http/src/problem.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { NotificationModule } from '../notification.module.js';
import { abcDelivery } from '../spec-delivery.js';
import type { DeliveryPage, DeliveryView } from './delivery-list.dto.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({
    modules: [NotificationModule],
    contexts: ['notification'],
    // Nothing is sent here.
    env: { SMTP_URL: 'smtp://127.0.0.1:9', SERVICE_CLIENT_ID: 'spec', SERVICE_CLIENT_SECRET: 'spec' },
  });
}, 60_000);

afterAll(() => app?.close());

type Ending = 'sent' | 'abandoned';

/** A delivery that is finished, by its events. */
async function delivered(environmentId: string, ending: Ending): Promise<string> {
  const [deliveryId, attempt] = [freshId(), freshId()];
  const messageId = `<${deliveryId}@keiyaku.example>`;
  const leaseUntil = new Date(Date.now() + 15_000).toISOString();
  const request: DeliveryEvent = {
    type: 'delivery.requested',
    data: { ...abcDelivery, deliveryId, content: { ...abcDelivery.content, environmentId } },
  };
  const sent: DeliveryEvent[] = [
    { type: 'delivery.attempt_started', data: { deliveryId, attempt, number: 1, leaseUntil } },
    { type: 'delivery.sending', data: { deliveryId, attempt, messageId, leaseUntil } },
    { type: 'delivery.sent', data: { deliveryId, attempt, messageId } },
  ];
  const abandoned: DeliveryEvent[] = [{ type: 'delivery.abandoned', data: { deliveryId, reason: 'No use.' } }];
  const { commandId, correlationId, actor } = testContext({ commandId: freshId() });
  const metadata = { commandId, correlationId, actor, occurredAt: new Date().toISOString(), schemaVersion: 1 };
  const events = [request, ...(ending === 'sent' ? sent : abandoned)];
  await app.store.append(
    `delivery-${deliveryId}`,
    events.map((event) => ({ id: freshId(), metadata, ...event })),
    -1,
  );
  await eventually(async () => {
    const { body } = await app.request<DeliveryView>(`/api/deliveries/${deliveryId}`, { role: 'OPERATOR' });
    expect(body.status).toBe(ending);
  });
  return deliveryId;
}

function list(query: string) {
  return app.request<DeliveryPage>(`/api/deliveries?${query}`, { role: 'SUPPORT' });
}

describe('GET /api/deliveries/{id}', () => {
  it('answers the delivery with its revision, and masks the address', async () => {
    const environmentId = freshId();
    const id = await delivered(environmentId, 'sent');
    const { status, headers, body } = await app.request(`/api/deliveries/${id}`, { role: 'OPERATOR' });
    expect(status).toBe(200);
    expect(headers.get('etag')).toBe('"3"');
    expect(body).toEqual({
      id,
      environmentId,
      template: 'environment_ready',
      status: 'sent',
      recipient: { name: 'ABC Corporation', email: 'a***@abc-corp.example', language: 'ja' },
      attempts: [{ number: 1, startedAt: expect.any(String), outcome: 'sent' }],
      possiblySent: false,
      messageId: `<${id}@keiyaku.example>`,
      nextAttemptAt: null,
      requestedAt: expect.any(String),
      finishedAt: expect.any(String),
      abandonedBecause: null,
    });
    expect(JSON.stringify(body)).not.toContain('admin@');
  });

  it('answers 404 for an id that nothing has', async () => {
    const { status, body } = await app.request<ProblemBody>(`/api/deliveries/${freshId()}`, { role: 'OPERATOR' });
    expect(status).toBe(404);
    expect(body).toMatchObject({
      code: 'delivery_not_found',
      detail: 'No delivery has this id. Take one from GET /api/deliveries.',
    });
  });

  it('answers 400 for what is no id', async () => {
    const { status, body } = await app.request<ProblemBody>('/api/deliveries/none', { role: 'OPERATOR' });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: 'validation_failed',
      errors: [{ in: 'path', pointer: '/id', detail: 'Id must be a UUID.' }],
    });
  });
});

describe('GET /api/deliveries', () => {
  it('filters by environment and status', async () => {
    const environmentId = freshId();
    const sent = await delivered(environmentId, 'sent');
    const abandoned = await delivered(environmentId, 'abandoned');
    await delivered(freshId(), 'sent');
    const all = await list(`environmentId=${environmentId}`);
    expect(all.body.items.map(({ id }) => id)).toEqual([abandoned, sent]);
    const one = await list(`environmentId=${environmentId}&status=abandoned`);
    expect(one.body.items.map(({ id, abandonedBecause }) => ({ id, abandonedBecause }))).toEqual([
      { id: abandoned, abandonedBecause: 'No use.' },
    ]);
  });

  it('answers page by page', async () => {
    const environmentId = freshId();
    const ids = [
      await delivered(environmentId, 'sent'),
      await delivered(environmentId, 'sent'),
      await delivered(environmentId, 'sent'),
    ];
    const query = `environmentId=${environmentId}&sort=requestedAt&limit=2`;
    const first = await list(query);
    const second = await list(`${query}&cursor=${first.body.next}`);
    expect([...first.body.items, ...second.body.items].map(({ id }) => id)).toEqual(ids);
    expect(second.body.next).toBeNull();
  });

  it.each([
    ['limit=100000', '/limit', 'Limit is at most 200; follow "next" for more.'],
    ['status=gone', '/status', 'Status must be one of: waiting, attempting, sending, sent, abandoned.'],
    ['environmentId=1', '/environmentId', 'EnvironmentId must be a UUID.'],
    ['colour=red', '/colour', 'Unknown property. Remove it or correct its name.'],
  ])('refuses %s', async (query, pointer, detail) => {
    const { status, body } = await app.request<ProblemBody>(`/api/deliveries?${query}`, { role: 'OPERATOR' });
    expect(status).toBe(400);
    expect(body['errors']).toEqual([{ in: 'query', pointer, detail }]);
  });

  it('is not for everybody', async () => {
    expect((await app.request('/api/deliveries')).status).toBe(401);
    expect((await app.request('/api/deliveries', { role: 'SALES' })).status).toBe(403);
    expect((await app.request('/api/deliveries', { role: 'COMPLIANCE' })).status).toBe(200);
  });
});
