import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '#libs/event-sourcing/src/event.js';
import type { DeliveryEvent } from '#libs/events/src/notification.js';
import { erased } from '#libs/events/src/erased.js';
import { erasureEventsOf } from '#libs/testing/src/erasure-events.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { abcDelivery } from '../spec-delivery.js';
import { deliveryListProjection } from './delivery-list.projection.js';

const { deliveryId, content } = abcDelivery;
const messageId = `<${deliveryId}@keiyaku.example>`;
const [first, second] = ['first', 'second'] as const;

const requested: DeliveryEvent = { type: 'delivery.requested', data: abcDelivery };
const started = (attempt: string, number: number): DeliveryEvent => ({
  type: 'delivery.attempt_started',
  data: { deliveryId, attempt, number, leaseUntil: '2026-01-05T09:20:00.000Z' },
});
const sending = (attempt: string): DeliveryEvent => ({
  type: 'delivery.sending',
  data: { deliveryId, attempt, messageId, leaseUntil: '2026-01-05T09:25:00.000Z' },
});
const sent = (attempt: string): DeliveryEvent => ({ type: 'delivery.sent', data: { deliveryId, attempt, messageId } });
const possiblySent = (attempt: string): DeliveryEvent => ({
  type: 'delivery.possibly_sent',
  data: { deliveryId, attempt, messageId },
});
const failed = (attempt: string): DeliveryEvent => ({
  type: 'delivery.failed',
  data: { deliveryId, attempt, reason: 'Away.', retryAt: '2026-01-05T09:30:00.000Z' },
});
const abandoned: DeliveryEvent = { type: 'delivery.abandoned', data: { deliveryId, reason: 'Away.' } };

function row(...events: DeliveryEvent[]) {
  return projected(deliveryListProjection, recorded([requested, ...events]))[deliveryId];
}

describe('the list of deliveries', () => {
  it('shows a new delivery as waiting', () => {
    expect(row()).toEqual({
      deliveryId,
      contractId: abcDelivery.contractId,
      environmentId: content.environmentId,
      template: 'environment_ready',
      status: 'waiting',
      recipientName: 'ABC Corporation',
      recipientEmail: 'admin@abc-corp.example',
      language: 'ja',
      attempts: [],
      possiblySent: false,
      messageId: null,
      nextAttemptAt: new Date('2026-01-05T09:00:00.000Z'),
      requestedAt: new Date('2026-01-05T09:00:00.000Z'),
      finishedAt: null,
      abandonedBecause: null,
      revision: 0,
    });
  });

  it('shows one that was sent', () => {
    expect(row(started(first, 1), sending(first), sent(first))).toMatchObject({
      status: 'sent',
      possiblySent: false,
      messageId,
      attempts: [{ number: 1, attempt: first, outcome: 'sent', startedAt: '2026-01-05T09:01:00.000Z' }],
      nextAttemptAt: null,
      finishedAt: new Date('2026-01-05T09:03:00.000Z'),
      revision: 3,
    });
  });

  it('shows why an attempt failed and when the next one is due', () => {
    expect(row(started(first, 1), failed(first))).toMatchObject({
      status: 'waiting',
      attempts: [{ outcome: 'failed', reason: 'Away.' }],
      nextAttemptAt: new Date('2026-01-05T09:30:00.000Z'),
    });
  });

  it('remembers that the message may have arrived twice', () => {
    const doubt = [started(first, 1), sending(first), possiblySent(first)];
    const known = row(...doubt, failed(first), started(second, 2), sending(second), sent(second));
    const crashed = row(...doubt, started(second, 2), sending(second), sent(second));
    for (const seen of [known, crashed]) {
      expect(seen).toMatchObject({
        status: 'sent',
        possiblySent: true,
        attempts: [{ outcome: 'possibly_sent' }, { outcome: 'sent' }],
      });
    }
  });

  it('tells an attempt that died before its message left', () => {
    expect(row(started(first, 1), started(second, 2))).toMatchObject({
      status: 'attempting',
      attempts: [{ outcome: 'lost' }, { outcome: 'running' }],
    });
  });

  it('shows why a delivery was given up', () => {
    expect(row(started(first, 6), abandoned)).toMatchObject({
      status: 'abandoned',
      abandonedBecause: 'Away.',
      attempts: [{ outcome: 'failed', reason: 'Away.' }],
      finishedAt: new Date('2026-01-05T09:02:00.000Z'),
    });
    expect(row(abandoned)).toMatchObject({ status: 'abandoned', attempts: [] });
  });

  it('holds the marker in place of the recipient who was erased, and leaves others alone', () => {
    const other: DeliveryEvent = {
      type: 'delivery.requested',
      data: { ...abcDelivery, deliveryId: 'other', contractId: 'other' },
    };
    for (const gone of erasureEventsOf(`contract:${abcDelivery.contractId}`)) {
      const rows = projected(deliveryListProjection, recorded<DomainEvent>([requested, other, gone]));
      expect(rows).toEqual({
        [deliveryId]: { ...row(), recipientName: erased, recipientEmail: erased },
        other: expect.objectContaining({ recipientEmail: 'admin@abc-corp.example' }) as object,
      });
    }
  });
});
