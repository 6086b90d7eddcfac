import { describe, expect, it } from 'vitest';
import { Refusal } from '#libs/event-sourcing/src/decider.js';
import type { SignInEvent } from '#libs/events/src/identity.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { LiftLock, RecordFailure, RecordSuccess, signInDecider as decider } from './sign-in.decider.js';

const ids = { signInId: 'hash', userId: 'u-1' };
const at = (minute: number) => new Date(Date.parse('2026-01-05T09:00:00.000Z') + minute * 60_000).toISOString();
const fail = (minute = 0) =>
  new RecordFailure('hash', { userId: 'u-1', reason: 'wrong_credentials' }, testContext({ occurredAt: at(minute) }));
const succeed = (minute = 0) => new RecordSuccess('hash', { userId: 'u-1' }, testContext({ occurredAt: at(minute) }));
const lift = new LiftLock('hash', { userId: 'u-1' }, testContext());
const failed = (failures: number): SignInEvent => ({
  type: 'user.login_failed',
  data: { ...ids, reason: 'wrong_credentials', failures },
});
const locked = (until: number): SignInEvent => ({ type: 'user.locked', data: { ...ids, until: at(until) } });
const unlocked: SignInEvent = { type: 'user.unlocked', data: ids };

describe('a refused sign-in', () => {
  it('is counted', () => given(decider, failed(1)).when(fail()).then(failed(2)));
  it('locks the address when it is the fifth in a row', () =>
    given(decider, failed(4)).when(fail()).then(failed(5), locked(1)));
  it('counts nothing while the address is locked', () =>
    given(decider, failed(5), locked(1)).when(fail(0)).thenNothing());
  it('locks for twice as long after each lock, and an hour at most', () => {
    const minutes: number[] = [];
    let state = decider.initialState;
    let now = 0;
    for (let attempt = 0; attempt < 12; attempt++) {
      const decision = decider.decide(fail(now), state);
      if (decision instanceof Refusal) throw new Error(decision.detail);
      state = decision.reduce(decider.evolve, state);
      if (state.lockedUntil === null) continue;
      minutes.push((Date.parse(state.lockedUntil) - Date.parse(at(now))) / 60_000);
      now = (Date.parse(state.lockedUntil) - Date.parse(at(0))) / 60_000;
    }
    expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });
});

describe('a sign-in that is right', () => {
  it('stores nothing when nothing went wrong before', () => given(decider).when(succeed()).thenNothing());
  it('begins the count anew', () => given(decider, failed(3)).when(succeed()).then(unlocked));
  it('is refused while the address is locked', () =>
    given(decider, failed(5), locked(1)).when(succeed(0)).thenRefused('sign_in_locked'));
  it('is possible from the instant on at which the lock ends', () =>
    given(decider, failed(5), locked(1)).when(succeed(1)).then(unlocked));
});

it('an administrator lifts a lock, once', () => {
  given(decider, failed(5), locked(1)).when(lift).then(unlocked);
  given(decider, failed(5), locked(1), unlocked).when(lift).thenNothing();
});
