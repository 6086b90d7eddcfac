import { expect, it } from 'vitest';
import { LogReplaced } from './errors.js';
import type { RecordedEvent } from './event.js';
import { PolicyDelivery } from './policy-delivery.js';

const event: RecordedEvent = {
  id: '0197b0f0-0000-7000-8000-000000000001',
  stream: 'account-1',
  revision: 0,
  position: 16n,
  type: 'account.opened',
  data: {},
  metadata: {
    commandId: '0197b0f0-0000-7000-8000-000000000002',
    correlationId: '0197b0f0-0000-7000-8000-000000000002',
    actor: { id: 'sato', role: 'SALES' },
    occurredAt: '2025-05-29T00:00:00.000Z',
    schemaVersion: 1,
  },
};

it('stops at a replaced log instead of parking event after event', async () => {
  let calls = 0;
  const deliver = async (): Promise<void> => {
    calls += 1;
    throw new LogReplaced('The event store holds another log now.');
  };
  const delivery = new PolicyDelivery({ name: 'account/thank', tries: 3, deliver }, new AbortController().signal);
  await expect(delivery.attempt(async () => event)).rejects.toBeInstanceOf(LogReplaced);
  expect(calls).toBe(1);
});

it('waits for a read model whose older version lacks a column, instead of parking the event', async () => {
  let calls = 0;
  const deliver = async (): Promise<void> => {
    if ((calls += 1) === 1) throw Object.assign(new Error('column closed_by does not exist'), { code: '42703' });
  };
  const delivery = new PolicyDelivery({ name: 'account/thank', tries: 1, deliver }, new AbortController().signal);
  expect(await delivery.attempt(async () => event)).toEqual({ done: undefined });
  expect(calls).toBe(2);
});
