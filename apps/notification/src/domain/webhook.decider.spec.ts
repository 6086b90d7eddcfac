import { describe, expect, it } from 'vitest';
import type { DeliveryEvent } from '#libs/events/src/notification.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { abcDelivery, abcWebhook } from '../spec-delivery.js';
import {
  ConfirmSent,
  BeginSending,
  FailAttempt,
  ReplayWebhook,
  RequestWebhook,
  StartAttempt,
} from './delivery.commands.js';
import { deliveryDecider } from './delivery.decider.js';
import { testMessageType, type WebhookAnswer } from './delivery.js';
import { leasesMs as leasesOf, webhookPauseMs, webhookWaitsMs } from './retry-schedule.js';

const { deliveryId: id, channel: _, ...facts } = abcWebhook;
const { endpointId } = facts;
const [first, second] = ['0197-first', '0197-second'] as const;
/** Webhooks have 20 s: 15 for the talk with the receiver, and 5 to note what became of it. */
const leasesMs = leasesOf(15_000);
const attemptOf = (attempt: string) => ({ deliveryId: id, attempt });

const requested: DeliveryEvent = { type: 'delivery.webhook_requested', data: abcWebhook };
const started = (attempt: string, number = 1, leaseUntil = instant(20)): DeliveryEvent => ({
  type: 'delivery.attempt_started',
  data: { ...attemptOf(attempt), number, leaseUntil },
});
const sending = (attempt: string, leaseUntil = instant(30)): DeliveryEvent => ({
  type: 'delivery.sending',
  data: { ...attemptOf(attempt), messageId: id, leaseUntil },
});
const tried = (attempt: string, accepted: boolean, answer: object): DeliveryEvent => ({
  type: 'delivery.webhook_tried',
  data: { ...attemptOf(attempt), endpointId, accepted, durationMs: 40, ...answer },
});
const sent = (attempt: string): DeliveryEvent => ({
  type: 'delivery.sent',
  data: { ...attemptOf(attempt), messageId: id },
});
const possiblySent = (attempt: string): DeliveryEvent => ({
  type: 'delivery.possibly_sent',
  data: { ...attemptOf(attempt), messageId: id },
});
const failed = (attempt: string, retryAt: string): DeliveryEvent => ({
  type: 'delivery.failed',
  data: { ...attemptOf(attempt), reason: 'Away.', retryAt },
});
const abandoned: DeliveryEvent = { type: 'delivery.abandoned', data: { deliveryId: id, reason: 'Away.' } };
const replayed: DeliveryEvent = { type: 'delivery.replay_requested', data: { deliveryId: id } };

const start = (attempt: string, at = 0) => new StartAttempt(id, { attempt, leasesMs }, context(at));
const fail = (attempt: string, more: Partial<FailAttempt['data']> = {}) =>
  new FailAttempt(id, { attempt, reason: 'Away.', outcome: 'not_sent', jitter: 0.5, ...more }, context(0));
const replay = (at = 0) => new ReplayWebhook(id, {}, context(at));

function instant(seconds: number): string {
  return new Date(Date.parse('2026-01-05T09:00:00.000Z') + seconds * 1000).toISOString();
}

function context(seconds: number) {
  return testContext({ occurredAt: instant(seconds) });
}

describe('a webhook', () => {
  it('is asked for once', () => {
    const request = new RequestWebhook(id, facts, context(0));
    given(deliveryDecider).when(request).then(requested);
    given(deliveryDecider, requested, started(first), abandoned).when(request).thenNothing();
  });

  it('has half a minute for the talk with its receiver', () => {
    given(deliveryDecider, requested, started(first))
      .when(new BeginSending(id, { attempt: first, messageId: id, leasesMs }, context(10)))
      .then(sending(first, instant(30)));
  });

  it('that was taken says how', () => {
    const answer: WebhookAnswer = { status: 204, durationMs: 40 };
    given(deliveryDecider, requested, started(first), sending(first))
      .when(new ConfirmSent(id, { attempt: first, answer }, context(1)))
      .then(tried(first, true, { status: 204 }), sent(first));
  });

  it('that was not taken says why, and waits as the schedule says', () => {
    const answer: WebhookAnswer = { status: 503, durationMs: 40, excerpt: 'Busy' };
    given(deliveryDecider, requested, started(first), sending(first))
      .when(fail(first, { answer }))
      .then(tried(first, false, { status: 503, excerpt: 'Busy' }), failed(first, instant(5)));
  });

  it('whose answer was lost says that it may have been got', () => {
    given(deliveryDecider, requested, started(first), sending(first))
      .when(fail(first, { outcome: 'unknown', answer: { durationMs: 40 } }))
      .then(tried(first, false, {}), possiblySent(first), failed(first, instant(5)));
  });

  it('that could not be made is tried again, or given up where that is of no use', () => {
    given(deliveryDecider, requested, started(first))
      .when(fail(first))
      .then(failed(first, instant(5)));
    given(deliveryDecider, requested, started(first))
      .when(fail(first, { final: true }))
      .then(abandoned);
  });

  it('is given up after eight attempts', () => {
    given(deliveryDecider, requested, started(first, 7))
      .when(fail(first))
      .then(failed(first, instant(36_000)));
    given(deliveryDecider, requested, started(first, 8)).when(fail(first)).then(abandoned);
  });

  it('that is only a test is tried once', () => {
    const content = { ...facts.content, eventType: testMessageType };
    const test: DeliveryEvent = { type: 'delivery.webhook_requested', data: { ...abcWebhook, content } };
    given(deliveryDecider, test, started(first)).when(fail(first)).then(abandoned);
  });
});

describe('a replay', () => {
  it.each<[string, DeliveryEvent[]]>([
    ['was sent', [started(first), sending(first), sent(first)]],
    ['was given up', [started(first), abandoned]],
    ['waits for its next attempt', [started(first), failed(first, instant(300))]],
  ])('of a webhook that %s makes it due at once', (_what, history) => {
    given(deliveryDecider, requested, ...history)
      .when(replay())
      .then(replayed);
    given(deliveryDecider, requested, ...history, replayed)
      .when(start(second))
      .then(started(second, 2));
  });

  it('of one that is due already changes nothing', () => {
    given(deliveryDecider, requested).when(replay()).thenNothing();
    given(deliveryDecider, requested, started(first), abandoned, replayed).when(replay()).thenNothing();
  });

  it('waits for an attempt that is on its way', () => {
    given(deliveryDecider, requested, started(first)).when(replay(14)).thenRefused('attempt_in_progress');
    given(deliveryDecider, requested, started(first), sending(first))
      .when(replay(29))
      .thenRefused('attempt_in_progress');
    given(deliveryDecider, requested, started(first), sending(first))
      .when(replay(30))
      .then(possiblySent(first), replayed);
  });

  it('begins the schedule anew', () => {
    given(deliveryDecider, requested, started(first, 8), abandoned, replayed, started(second, 9))
      .when(fail(second))
      .then(failed(second, instant(5)));
  });

  it('is refused for a mail and for what nobody asked for', () => {
    given(deliveryDecider).when(replay()).thenRefused('webhook_delivery_not_found');
    given(deliveryDecider, { type: 'delivery.requested', data: abcDelivery })
      .when(replay())
      .thenRefused('webhook_delivery_not_found');
  });
});

describe('the schedule', () => {
  it('ends 27 h 35 min 5 s after the first attempt', () => {
    const waits = webhookWaitsMs.map((_wait, index) => webhookPauseMs(index + 1, 0.5));
    expect(waits.map((wait) => wait / 1000)).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 36_000]);
    expect(waits.reduce((sum, wait) => sum + wait)).toBe(((27 * 60 + 35) * 60 + 5) * 1000);
  });

  it('is spread by a fifth', () => {
    expect([webhookPauseMs(2, 0), webhookPauseMs(2, 1)]).toEqual([240_000, 360_000]);
  });

  it.each<[string, number, WebhookAnswer, number]>([
    ['a receiver that is overloaded a minute at least', 1, { durationMs: 1, status: 429 }, 60],
    ['one that did not answer in time as well', 1, { durationMs: 1, timedOut: true }, 60],
    ['Retry-After', 2, { durationMs: 1, status: 503, retryAfterMs: 400_000 }, 400],
    ['Retry-After up to twice the wait', 2, { durationMs: 1, status: 503, retryAfterMs: 86_400_000 }, 600],
    ['the scheduled wait where Retry-After is shorter', 2, { durationMs: 1, status: 503, retryAfterMs: 1_000 }, 300],
    [
      'the minute of an overloaded receiver before Retry-After',
      1,
      { durationMs: 1, status: 429, retryAfterMs: 1_000 },
      60,
    ],
  ])('honours %s', (_what, attempts, answer, seconds) => {
    expect(webhookPauseMs(attempts, 0, answer) / 1000).toBe(seconds);
  });
});
