import { expect, it } from 'vitest';
import type { DeliveryEvent } from '#libs/events/src/notification.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { abcDelivery, abcWebhook } from '../spec-delivery.js';
import { deliveryWorkProjection } from './delivery-work.projection.js';

const { deliveryId } = abcDelivery;
const attempt = { deliveryId, attempt: 'first' };
const messageId = `<${deliveryId}@keiyaku.example>`;

const requested: DeliveryEvent = { type: 'delivery.requested', data: abcDelivery };
const started: DeliveryEvent = {
  type: 'delivery.attempt_started',
  data: { ...attempt, number: 1, leaseUntil: '2026-01-05T09:20:00.000Z' },
};
const sending: DeliveryEvent = {
  type: 'delivery.sending',
  data: { ...attempt, messageId, leaseUntil: '2026-01-05T09:25:00.000Z' },
};
const failed: DeliveryEvent = {
  type: 'delivery.failed',
  data: { ...attempt, reason: 'Away.', retryAt: '2026-01-05T09:30:00.000Z' },
};
const sent: DeliveryEvent = { type: 'delivery.sent', data: { ...attempt, messageId } };
const abandoned: DeliveryEvent = { type: 'delivery.abandoned', data: { deliveryId, reason: 'Away.' } };

it.each<[string, DeliveryEvent[], string | undefined]>([
  ['a request is due at once', [], '2026-01-05T09:00:00.000Z'],
  ['an attempt until its lease runs out', [started], '2026-01-05T09:20:00.000Z'],
  ['a message on its way the same', [started, sending], '2026-01-05T09:25:00.000Z'],
  ['a failed attempt after its pause', [started, failed], '2026-01-05T09:30:00.000Z'],
  ['a sent message never', [started, sending, sent], undefined],
  ['an abandoned one never', [started, abandoned], undefined],
])('%s', (_what, events, dueAt) => {
  const rows = projected(deliveryWorkProjection, recorded([requested, ...events]));
  expect(rows[deliveryId]?.dueAt.toISOString()).toBe(dueAt);
});

it.each<[string, DeliveryEvent[], string | undefined]>([
  ['a webhook is due at once', [], '2026-01-05T09:00:00.000Z'],
  ['a webhook that was sent never', [{ type: 'delivery.sent', data: { ...attempt, messageId } }], undefined],
  [
    'a webhook that was sent and is replayed at once',
    [
      { type: 'delivery.sent', data: { ...attempt, messageId } },
      { type: 'delivery.replay_requested', data: { deliveryId } },
    ],
    '2026-01-05T09:02:00.000Z',
  ],
])('%s', (_what, events, dueAt) => {
  const webhook: DeliveryEvent = { type: 'delivery.webhook_requested', data: { ...abcWebhook, deliveryId } };
  const row = projected(deliveryWorkProjection, recorded([webhook, ...events]))[deliveryId];
  expect(row?.dueAt.toISOString()).toBe(dueAt);
  expect(row?.channel).toBe(dueAt && 'webhook');
});
