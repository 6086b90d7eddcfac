import { describe, expect, it } from 'vitest';
import { freshId, stableId } from '#libs/event-sourcing/src/ids.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { type Issued, registered } from './spec-endpoint.js';
import { Sending } from './spec-sending.js';

const sending = Sending.inThisFile();

describe('an endpoint', () => {
  it('that answers 410 is disabled, and what it missed is sent again after it was enabled', async () => {
    const since = new Date().toISOString();
    const endpoint = await registered(sending.app, sending.receiver.url);
    sending.receiver.mood = { status: 410 };
    const { eventId } = await sending.requestedEnvironment();
    const id = stableId('webhook', eventId, endpoint.id);
    await eventually(async () => expect((await sending.types(id)).at(-1)).toBe('delivery.abandoned'));
    const read = () => sending.app.request(`/api/webhook-endpoints/${endpoint.id}`, { role: 'OPERATOR' });
    await eventually(async () =>
      expect((await read()).body).toMatchObject({
        status: 'disabled',
        disabledBecause: 'The endpoint answered 410: it is gone for good.',
      }),
    );
    const next = await sending.requestedEnvironment();
    const missed = stableId('webhook', next.eventId, endpoint.id);
    await eventually(async () =>
      expect(await sending.delivery(missed)).toMatchObject({
        status: 'abandoned',
        abandonedBecause: 'The endpoint is disabled. Enable it, then replay what it missed.',
      }),
    );
    const post = (action: string, body?: object) =>
      sending.app.request(`/api/webhook-endpoints/${endpoint.id}/${action}`, {
        method: 'POST',
        role: 'OPERATOR',
        body,
      });
    expect(await post('replay', { since })).toMatchObject({ status: 409, body: { code: 'webhook_endpoint_disabled' } });
    sending.receiver.mood = { status: 204 };
    expect(await post('enable')).toMatchObject({ status: 200 });
    expect(await post('replay', { since })).toMatchObject({ status: 200 });
    for (const each of [id, missed]) {
      await eventually(async () => expect((await sending.types(each)).at(-1)).toBe('delivery.sent'));
      await eventually(async () => expect((await sending.delivery(each)).status).toBe('sent'));
    }
    const sent = sending.receiver.received.map((webhook) => webhook.id);
    expect(sent.toSorted()).toEqual([id, id, missed].toSorted());
    expect((await sending.delivery(id)).attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, 'failed'],
      [2, 'sent'],
    ]);
  });

  it('gets a test message, in one attempt, also while it is disabled', async () => {
    const endpoint = await registered(sending.app, sending.receiver.url);
    const post = (action: string) =>
      sending.app.request<{ id: string }>(`/api/webhook-endpoints/${endpoint.id}/${action}`, {
        method: 'POST',
        role: 'OPERATOR',
      });
    await post('disable');
    const { status, headers, body } = await post('test');
    expect({ status, location: headers.get('location') }).toEqual({
      status: 201,
      location: `/api/webhook-deliveries/${body.id}`,
    });
    await eventually(() => expect(sending.receiver.received).toHaveLength(1));
    expect(sending.receiver.received[0]!.body).toMatchObject({ eventId: body.id, eventType: 'webhook_endpoint.test' });
    expect(sending.receiver.verifies(sending.receiver.received[0]!, endpoint.secret)).toBe(true);
    sending.receiver.mood = { status: 500 };
    const { body: second } = await post('test');
    await eventually(async () => expect((await sending.types(second.id)).at(-1)).toBe('delivery.abandoned'));
  });

  it('gets a webhook again on demand, whatever became of it', async () => {
    const endpoint = await registered(sending.app, sending.receiver.url);
    const { eventId } = await sending.requestedEnvironment();
    const id = stableId('webhook', eventId, endpoint.id);
    await eventually(async () => expect((await sending.types(id)).at(-1)).toBe('delivery.sent'));
    const replay = (delivered: string) =>
      sending.app.request(`/api/webhook-deliveries/${delivered}/replay`, { method: 'POST', role: 'OPERATOR' });
    expect(await replay(id)).toMatchObject({ status: 200, body: { id } });
    await eventually(() => expect(sending.receiver.received.map((webhook) => webhook.id)).toEqual([id, id]));
    const unknown = await replay(freshId());
    expect(unknown).toMatchObject({ status: 404, body: { code: 'webhook_delivery_not_found' } });
  });

  it('is signed for with both secrets during a rotation, and with the newest two after it', async () => {
    const endpoint = await registered(sending.app, sending.receiver.url);
    const rotate = async () =>
      (
        await sending.app.request<Issued>(`/api/webhook-endpoints/${endpoint.id}/secrets`, {
          method: 'POST',
          role: 'ADMIN',
        })
      ).body;
    const test = async () => {
      const before = sending.receiver.received.length;
      await sending.app.request(`/api/webhook-endpoints/${endpoint.id}/test`, { method: 'POST', role: 'OPERATOR' });
      await eventually(() => expect(sending.receiver.received).toHaveLength(before + 1));
      return sending.receiver.received.at(-1)!;
    };
    const second = await rotate();
    const during = await test();
    expect([endpoint.secret, second.secret].map((secret) => sending.receiver.verifies(during, secret))).toEqual([
      true,
      true,
    ]);
    const third = await rotate();
    const after = await test();
    const passing = [endpoint.secret, second.secret, third.secret].map((secret) =>
      sending.receiver.verifies(after, secret),
    );
    expect(passing).toEqual([false, true, true]);
  });
});
