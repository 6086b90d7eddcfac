import { describe, expect, it } from 'vitest';
import type { DeliveryEvent } from '#libs/events/src/notification.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { abcAlert } from '../spec-delivery.js';
import { BeginSending, FailAttempt, ReplayWebhook, RequestAlert } from './delivery.commands.js';
import { deliveryDecider } from './delivery.decider.js';
import { leasesMs, slackPauseMs } from './retry-schedule.js';

const { deliveryId, ...facts } = abcAlert;
const attempt = { deliveryId, attempt: 'first' };
const requested: DeliveryEvent = { type: 'delivery.alert_requested', data: abcAlert };
const started: DeliveryEvent = {
  type: 'delivery.attempt_started',
  data: { ...attempt, number: 1, leaseUntil: '2026-01-05T09:00:15.000Z' },
};
const sending: DeliveryEvent = {
  type: 'delivery.sending',
  data: { ...attempt, messageId: deliveryId, leaseUntil: '2026-01-05T09:00:30.000Z' },
};

describe('an alert', () => {
  it('is asked for once', () => {
    const request = new RequestAlert(deliveryId, facts, testContext());
    given(deliveryDecider).when(request).then(requested);
    given(deliveryDecider, requested).when(request).thenNothing();
  });

  it('to Slack has as long for the talk as a webhook', () => {
    const fence = { attempt: 'first', messageId: deliveryId, leasesMs: leasesMs(25_000) };
    const begin = new BeginSending(deliveryId, fence, testContext());
    given(deliveryDecider, requested, started).when(begin).then(sending);
  });

  it('that Slack does not take is tried again when Slack says', () => {
    const answer = { status: 429, durationMs: 40, retryAfterMs: 120_000 };
    const data = { attempt: 'first', reason: 'Slack answered 429.', outcome: 'not_sent', jitter: 0.5, answer } as const;
    given(deliveryDecider, requested, started, sending)
      .when(new FailAttempt(deliveryId, data, testContext()))
      .then({
        type: 'delivery.failed',
        data: { ...attempt, reason: 'Slack answered 429.', retryAt: '2026-01-05T09:02:00.000Z' },
      });
  });

  it('is no webhook that could be replayed', () => {
    given(deliveryDecider, requested)
      .when(new ReplayWebhook(deliveryId, {}, testContext()))
      .thenRefused('webhook_delivery_not_found');
  });
});

it('pauses for Slack as for a mail, and as long as Slack asks, up to an hour', () => {
  expect(slackPauseMs(1, 1)).toBe(5_000);
  expect(slackPauseMs(1, 1, { durationMs: 1, retryAfterMs: 1_000 })).toBe(5_000);
  expect(slackPauseMs(1, 1, { durationMs: 1, retryAfterMs: 86_400_000 })).toBe(3_600_000);
});
