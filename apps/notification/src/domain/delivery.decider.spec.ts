import { describe, expect, it } from 'vitest';
import { erased } from '#libs/events/src/erased.js';
import type { DeliveryEvent } from '#libs/events/src/notification.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { abcDelivery } from '../spec-delivery.js';
import {
  AbandonErased,
  BeginSending,
  ConfirmSent,
  FailAttempt,
  RequestDelivery,
  StartAttempt,
} from './delivery.commands.js';
import { deliveryDecider } from './delivery.decider.js';
import { leasesMs as leasesOf, mailPauseMs, maxMailAttempts } from './retry-schedule.js';

const { deliveryId: id, ...facts } = abcDelivery;
const [first, second] = ['0197-first', '0197-second'] as const;
const messageId = `<${id}@keiyaku.example>`;

const requested: DeliveryEvent = { type: 'delivery.requested', data: abcDelivery };
const started = (attempt: string, number = 1, leaseUntil = instant(15)): DeliveryEvent => ({
  type: 'delivery.attempt_started',
  data: { deliveryId: id, attempt, number, leaseUntil },
});
const sending = (attempt: string, leaseUntil = instant(15)): DeliveryEvent => ({
  type: 'delivery.sending',
  data: { deliveryId: id, attempt, messageId, leaseUntil },
});
const sent = (attempt: string): DeliveryEvent => ({
  type: 'delivery.sent',
  data: { deliveryId: id, attempt, messageId },
});
const possiblySent = (attempt: string): DeliveryEvent => ({
  type: 'delivery.possibly_sent',
  data: { deliveryId: id, attempt, messageId },
});
const failed = (attempt: string, retryAt: string, reason = 'The mail server is away.'): DeliveryEvent => ({
  type: 'delivery.failed',
  data: { deliveryId: id, attempt, reason, retryAt },
});
const abandoned = (reason: string): DeliveryEvent => ({ type: 'delivery.abandoned', data: { deliveryId: id, reason } });

const leasesMs = leasesOf(15_000);
const start = (attempt: string, at = 0) => new StartAttempt(id, { attempt, leasesMs }, context(at));
const begin = (attempt: string, at = 0) => new BeginSending(id, { attempt, messageId, leasesMs }, context(at));
const confirm = (attempt: string, at = 0) => new ConfirmSent(id, { attempt }, context(at));
const fail = (attempt: string, outcome: 'not_sent' | 'unknown' = 'not_sent', at = 0) =>
  new FailAttempt(id, { attempt, reason: 'The mail server is away.', outcome, jitter: 1 }, context(at));

/** Seconds after the start of the spec's clock. */
function instant(seconds: number): string {
  return new Date(Date.parse('2026-01-05T09:00:00.000Z') + seconds * 1000).toISOString();
}

function context(seconds: number) {
  return testContext({ occurredAt: instant(seconds) });
}

describe('a request', () => {
  it('makes a delivery', () => {
    given(deliveryDecider)
      .when(new RequestDelivery(id, facts, context(0)))
      .then(requested);
  });

  it('changes nothing the second time, whatever became of the first', () => {
    const again = new RequestDelivery(id, facts, context(0));
    given(deliveryDecider, requested).when(again).thenNothing();
    given(deliveryDecider, requested, started(first), sending(first), sent(first)).when(again).thenNothing();
  });

  it.each(['nobody', 'a@b@c', 'a@b.example, c@d.example', 'a@b.example\r\nBcc: c@d.example', '<a@b.example>', ''])(
    'to %j is on record and given up',
    (email) => {
      const data = { ...facts, recipient: { ...facts.recipient, email } };
      given(deliveryDecider)
        .when(new RequestDelivery(id, data, context(0)))
        .then(
          { type: 'delivery.requested', data: { deliveryId: id, ...data } },
          abandoned('The recipient has no usable mail address.'),
        );
    },
  );
});

describe('an attempt', () => {
  it('takes the lease for 15 seconds', () => {
    given(deliveryDecider, requested)
      .when(start(first))
      .then(started(first, 1, instant(15)));
  });

  it('is refused while another one holds the lease', () => {
    given(deliveryDecider, requested, started(first)).when(start(second, 14)).thenRefused('attempt_in_progress');
    given(deliveryDecider, requested, started(first), sending(first))
      .when(start(second, 14))
      .thenRefused('attempt_in_progress');
  });

  it('takes over a lease that ran out before the message left', () => {
    given(deliveryDecider, requested, started(first))
      .when(start(second, 15))
      .then(started(second, 2, instant(30)));
  });

  it('says first that the message may have left when the one before ended while sending', () => {
    given(deliveryDecider, requested, started(first), sending(first))
      .when(start(second, 15))
      .then(possiblySent(first), started(second, 2, instant(30)));
  });

  it('waits for its time', () => {
    const history = [requested, started(first), failed(first, instant(5))];
    given(deliveryDecider, ...history)
      .when(start(second, 4))
      .thenRefused('delivery_not_due');
    given(deliveryDecider, ...history)
      .when(start(second, 5))
      .then(started(second, 2, instant(20)));
  });

  it('is refused once the delivery is finished', () => {
    given(deliveryDecider, requested, started(first), sending(first), sent(first))
      .when(start(second, 60))
      .thenRefused('delivery_finished');
    given(deliveryDecider, requested, abandoned('No use.')).when(start(second)).thenRefused('delivery_finished');
  });

  it('is refused for a delivery that does not exist', () => {
    given(deliveryDecider).when(start(first)).thenRefused('delivery_not_found');
  });

  it('gives up when the process ended during the last one', () => {
    const reason = `The process ended during attempt ${maxMailAttempts}, the last one.`;
    given(deliveryDecider, requested, started(first, maxMailAttempts)).when(start(second, 15)).then(abandoned(reason));
    given(deliveryDecider, requested, started(first, maxMailAttempts), sending(first))
      .when(start(second, 15))
      .then(possiblySent(first), abandoned(reason));
  });
});

describe('the fence before sending', () => {
  it('lets the holder of the lease pass and renews the lease', () => {
    given(deliveryDecider, requested, started(first))
      .when(begin(first, 10))
      .then(sending(first, instant(25)));
  });

  it.each([
    ['its lease ran out', [started(first)], 15],
    ['another attempt took over', [started(first), started(second, 2, instant(30))], 16],
    ['it was passed before', [started(first), sending(first)], 1],
    ['it failed', [started(first), failed(first, instant(5))], 1],
  ])('stops an attempt when %s', (_why, history, at) => {
    given(deliveryDecider, requested, ...history)
      .when(begin(first, at))
      .thenRefused('attempt_lost');
  });
});

describe('the outcome', () => {
  it('sent ends the delivery, even when it comes after the lease', () => {
    given(deliveryDecider, requested, started(first), sending(first)).when(confirm(first, 20)).then(sent(first));
  });

  it('not sent calls for another attempt', () => {
    given(deliveryDecider, requested, started(first))
      .when(fail(first, 'not_sent', 1))
      .then(failed(first, instant(6)));
    given(deliveryDecider, requested, started(first), sending(first))
      .when(fail(first, 'not_sent', 1))
      .then(failed(first, instant(6)));
  });

  it('unknown is said before the next attempt is called for', () => {
    given(deliveryDecider, requested, started(first), sending(first))
      .when(fail(first, 'unknown', 1))
      .then(possiblySent(first), failed(first, instant(6)));
  });

  it('of the last attempt is not followed by another', () => {
    given(deliveryDecider, requested, started(first, maxMailAttempts))
      .when(fail(first))
      .then(abandoned('The mail server is away.'));
    given(deliveryDecider, requested, started(first, maxMailAttempts), sending(first))
      .when(fail(first, 'unknown'))
      .then(possiblySent(first), abandoned('The mail server is away.'));
  });

  it('of a stale attempt is ignored', () => {
    const overtaken = [requested, started(first), sending(first), possiblySent(first), started(second, 2, instant(30))];
    given(deliveryDecider, ...overtaken)
      .when(confirm(first, 16))
      .thenNothing();
    given(deliveryDecider, ...overtaken)
      .when(fail(first, 'unknown', 16))
      .thenNothing();
  });
});

describe('when its recipient was erased, a delivery', () => {
  const gone = abandoned('The recipient was erased.');
  const erase = (at = 0) => new AbandonErased(id, {}, context(at));

  it('that waits or prepares its message is given up', () => {
    given(deliveryDecider, requested).when(erase()).then(gone);
    given(deliveryDecider, requested, started(first)).when(erase()).then(gone);
  });

  it('prepares no message any more', () =>
    given(deliveryDecider, requested, started(first), gone).when(begin(first)).thenRefused('attempt_lost'));

  it('whose message may be leaving is waited for', () => {
    const leaving = [requested, started(first), sending(first)];
    given(deliveryDecider, ...leaving)
      .when(erase(14))
      .thenRefused('attempt_in_progress');
    given(deliveryDecider, ...leaving)
      .when(erase(15))
      .then(possiblySent(first), gone);
  });

  it('that is finished stays as it is', () => {
    given(deliveryDecider, requested, started(first), sending(first), sent(first)).when(erase()).thenNothing();
    given(deliveryDecider, requested, gone).when(erase()).thenNothing();
  });

  it('is never tried again, as the log shows the marker in place of the address', () => {
    const recipient = { ...abcDelivery.recipient, name: erased, email: erased };
    given(deliveryDecider, { type: 'delivery.requested', data: { ...abcDelivery, recipient } })
      .when(start(first))
      .then(gone);
  });
});

it('pauses 5 seconds, then twice as long each time, up to 5 minutes, and at least half of it', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8].map((attempts) => mailPauseMs(attempts, 1) / 1000)).toEqual([
    5, 10, 20, 40, 80, 160, 300, 300,
  ]);
  expect(mailPauseMs(1, 0)).toBe(2_500);
});

it('keeps the Message-ID of the first copy', () => {
  const events = [requested, started(first), sending(first), possiblySent(first), started(second, 2)];
  expect(events.reduce(deliveryDecider.evolve, deliveryDecider.initialState)).toMatchObject({
    status: 'attempting',
    attempt: second,
    attempts: 2,
    messageId,
  });
});
