import { describe, expect, it } from 'vitest';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { append } from '../spec-environment.js';
import { registered } from '../webhooks/spec-endpoint.js';
import { Sending } from '../webhooks/spec-sending.js';
import type { WebhookDeliveryPage } from './webhook-delivery-list.dto.js';

const sending = Sending.inThisFile();

describe('the list of webhook deliveries', () => {
  // First, while no other endpoint has anything to wait for.
  it('is told about in /metrics: how long the oldest waits that is neither delivered nor given up', async () => {
    const oldest = async (): Promise<number> => {
      const metrics = await (await fetch(`${sending.app.url}/metrics`)).text();
      return Number(/^deliveries_oldest_waiting_seconds\{channel="webhook"\} (\S+)$/m.exec(metrics)?.[1]);
    };
    const endpoint = await registered(sending.app, sending.receiver.url);
    const delivered = stableId('webhook', (await sending.requestedEnvironment()).eventId, endpoint.id);
    await eventually(async () => expect(await sending.delivery(delivered)).toMatchObject({ status: 'sent' }));
    await eventually(async () => expect(await oldest()).toBe(0));

    sending.receiver.mood = 'hang';
    const late = stableId('webhook', (await sending.requestedEnvironment()).eventId, endpoint.id);
    await eventually(async () => expect(await sending.types(late)).toContain('delivery.failed'));
    const age = (Date.now() - Date.parse((await sending.delivery(late)).requestedAt)) / 1000;
    await eventually(async () => expect(await oldest()).toBeGreaterThanOrEqual(age));
    expect(await oldest()).toBeLessThan(age + 30);
  });

  it('filters by endpoint, status and type, page by page', async () => {
    const [endpoint, other] = [
      await registered(sending.app, sending.receiver.url),
      await registered(sending.app, sending.receiver.url),
    ];
    const { eventId, about } = await sending.requestedEnvironment();
    const [ready] = await append(sending.app, `environment-${about.environmentId}`, 0, {
      type: 'environment.ready',
      data: { ...about, objectsApplied: 22 },
    });
    const first = stableId('webhook', eventId, endpoint.id);
    const second = stableId('webhook', ready!, endpoint.id);
    const list = async (query: string) =>
      (await sending.app.request<WebhookDeliveryPage>(`/api/webhook-deliveries?${query}`, { role: 'SUPPORT' })).body;
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
    const answer = await sending.app.request(`/api/webhook-deliveries?${query}`, { role: 'OPERATOR' });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ in: 'query', pointer, detail }] } });
  });
});
