import { describe, expect, it } from 'vitest';
import type { DeliveryEvent } from '#libs/events/src/notification.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { deliveryListProjection } from '../delivery-list/delivery-list.projection.js';
import { abcDelivery, abcWebhook } from '../spec-delivery.js';
import { webhookDeliveryListProjection } from './webhook-delivery-list.projection.js';

const { deliveryId, endpointId, content } = abcWebhook;
const attempt = { deliveryId, attempt: 'first' };
const leaseUntil = '2026-01-05T09:20:00.000Z';

const requested: DeliveryEvent = { type: 'delivery.webhook_requested', data: abcWebhook };
const started: DeliveryEvent = { type: 'delivery.attempt_started', data: { ...attempt, number: 1, leaseUntil } };
const sending: DeliveryEvent = { type: 'delivery.sending', data: { ...attempt, messageId: deliveryId, leaseUntil } };
const refused: DeliveryEvent = {
  type: 'delivery.webhook_tried',
  data: { ...attempt, endpointId, accepted: false, status: 503, durationMs: 40, excerpt: 'Busy' },
};
const failed: DeliveryEvent = {
  type: 'delivery.failed',
  data: { ...attempt, reason: 'The endpoint answered 503.', retryAt: '2026-01-05T09:30:00.000Z' },
};
const abandoned: DeliveryEvent = { type: 'delivery.abandoned', data: { deliveryId, reason: 'Given up.' } };
const replayed: DeliveryEvent = { type: 'delivery.replay_requested', data: { deliveryId } };

function row(...events: DeliveryEvent[]) {
  return projected(webhookDeliveryListProjection, recorded([requested, ...events]))[deliveryId];
}

describe('the list of webhook deliveries', () => {
  it('shows a new one as waiting, with what it says', () => {
    expect(row()).toEqual({
      deliveryId,
      endpointId,
      eventType: 'environment.ready',
      content,
      status: 'waiting',
      attempts: [],
      possiblySent: false,
      nextAttemptAt: new Date('2026-01-05T09:00:00.000Z'),
      requestedAt: new Date('2026-01-05T09:00:00.000Z'),
      finishedAt: null,
      abandonedBecause: null,
      revision: 0,
    });
  });

  it('shows what the endpoint answered to an attempt', () => {
    expect(row(started, sending, refused, failed)).toMatchObject({
      status: 'waiting',
      nextAttemptAt: new Date('2026-01-05T09:30:00.000Z'),
      attempts: [
        {
          number: 1,
          outcome: 'failed',
          status: 503,
          durationMs: 40,
          excerpt: 'Busy',
          reason: 'The endpoint answered 503.',
        },
      ],
    });
  });

  it('shows one that was given up, and one that is to be sent again', () => {
    expect(row(abandoned)).toMatchObject({
      status: 'abandoned',
      abandonedBecause: 'Given up.',
      finishedAt: new Date('2026-01-05T09:01:00.000Z'),
    });
    expect(row(abandoned, replayed)).toMatchObject({
      status: 'waiting',
      abandonedBecause: null,
      finishedAt: null,
      nextAttemptAt: new Date('2026-01-05T09:02:00.000Z'),
    });
  });

  it('holds no mails, and the list of mails no webhooks', () => {
    const mail: DeliveryEvent = { type: 'delivery.requested', data: abcDelivery };
    const events = recorded([mail, requested, started, sending]);
    expect(Object.keys(projected(webhookDeliveryListProjection, events))).toEqual([deliveryId]);
    expect(Object.keys(projected(deliveryListProjection, events))).toEqual([abcDelivery.deliveryId]);
  });
});
