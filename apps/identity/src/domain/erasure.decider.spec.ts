import { describe, it } from 'vitest';
import type { ErasureEvent } from '#libs/events/src/identity.js';
import { given, testContext } from '#libs/testing/src/given.js';
import {
  ConfirmContextCleared,
  ConfirmKeyDestroyed,
  erasureDecider,
  ForgetKey,
  RequestErasure,
} from './erasure.decider.js';

const erasureId = 'e-1';
const subject = 'contract:c-1';
const request = {
  erasureId,
  subject,
  reason: 'requested_by_person',
  requestedBy: { id: 'spec', role: 'ADMIN' },
  requestedAt: '2026-01-05T09:00:00.000Z',
} as const;
const keyDestroyedAt = '2026-01-05T09:00:01.000Z';
const clearedAt = '2026-01-05T09:02:00.000Z';

const requested: ErasureEvent = { type: 'erasure.requested', data: { ...request, contexts: ['contract', 'identity'] } };
const destroyed: ErasureEvent = {
  type: 'erasure.key_destroyed',
  data: { erasureId, subject, destroyedAt: keyDestroyedAt },
};
const forgotten: ErasureEvent = { type: 'erasure.key_forgotten', data: { erasureId, subject } };
const confirmed = (context: string): ErasureEvent => ({
  type: 'erasure.confirmed',
  data: { erasureId, context, clearedAt },
});
const completed: ErasureEvent = {
  type: 'erasure.completed',
  data: {
    ...request,
    keyDestroyedAt,
    completedAt: '2026-01-05T09:00:00.000Z',
    cleared: [
      { context: 'identity', clearedAt },
      { context: 'contract', clearedAt },
    ],
  },
};
const whole = [requested, destroyed, forgotten, confirmed('identity'), confirmed('contract'), completed];

const ask = new RequestErasure(
  erasureId,
  { subject, reason: 'requested_by_person', contexts: ['contract', 'identity'] },
  testContext(),
);
const destroy = new ConfirmKeyDestroyed(erasureId, {}, testContext({ occurredAt: keyDestroyedAt }));
const forget = (occurredAt: string) => new ForgetKey(erasureId, { memoryMs: 60_000 }, testContext({ occurredAt }));
const confirm = (context: string) => new ConfirmContextCleared(erasureId, { context, clearedAt }, testContext());

describe('asking for an erasure', () => {
  it('says who asked, when and why', () => given(erasureDecider).when(ask).then(requested));
  it.each([[[requested]], [whole]])('changes nothing a second time', (events) => {
    given(erasureDecider, ...events)
      .when(ask)
      .thenNothing();
  });
});

describe('the key', () => {
  it('is destroyed once', () => {
    given(erasureDecider, requested).when(destroy).then(destroyed);
    given(erasureDecider, requested, destroyed).when(destroy).thenNothing();
  });
  it('is not forgotten while a process may hold it', () =>
    given(erasureDecider, requested, destroyed)
      .when(forget('2026-01-05T09:01:00.999Z'))
      .thenRefused('erasure_key_in_memory'));
  it('is forgotten when none can hold it any more', () =>
    given(erasureDecider, requested, destroyed).when(forget('2026-01-05T09:01:01.000Z')).then(forgotten));
  it('is not forgotten before it was destroyed, nor twice', () => {
    given(erasureDecider, requested).when(forget('2027-01-05T09:00:00.000Z')).thenNothing();
    given(erasureDecider, requested, destroyed, forgotten).when(forget('2027-01-05T09:00:00.000Z')).thenNothing();
  });
});

describe('the certificate', () => {
  const clearing = [requested, destroyed, forgotten];

  it('waits for every context', () =>
    given(erasureDecider, ...clearing)
      .when(confirm('identity'))
      .then(confirmed('identity')));
  it('comes with the last one', () =>
    given(erasureDecider, ...clearing, confirmed('identity'))
      .when(confirm('contract'))
      .then(confirmed('contract'), completed));
  it('does not count a context twice', () =>
    given(erasureDecider, ...clearing, confirmed('identity'))
      .when(confirm('identity'))
      .thenNothing());
  it('does not count a context that has nothing to confirm', () =>
    given(erasureDecider, ...clearing)
      .when(confirm('audit'))
      .thenNothing());
  it('does not count what was cleared while the key could still be in memory', () =>
    given(erasureDecider, requested, destroyed).when(confirm('identity')).thenNothing());
  it('is given once', () =>
    given(erasureDecider, ...whole)
      .when(confirm('contract'))
      .thenNothing());
});

it.each([destroy, forget(clearedAt), confirm('contract')])('$type needs an erasure', (command) => {
  given(erasureDecider).when(command).thenRefused('erasure_not_found');
});
