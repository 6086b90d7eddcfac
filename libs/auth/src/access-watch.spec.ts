import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Caller } from '#libs/http/src/request.js';
import { watchAccess } from './access-watch.js';
import { concerns, type Revocation } from './revocation.js';

const now = 1_767_600_000_000;
const caller: Caller = {
  id: 'amy',
  name: 'Amy',
  role: 'SALES',
  roles: ['SALES'],
  sessionId: 'phone',
  expiresAt: now + 60_000,
};
let listeners: Set<(revocation: Revocation) => void>;
let known: Revocation[];
let ended: number;

const revocations = {
  covers: (whom: Caller) => known.some((each) => concerns(each, whom)),
  onRevoked: (listener: (revocation: Revocation) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },
};
const watch = (whom: Caller = caller): (() => void) => watchAccess(revocations, whom, () => (ended += 1));
const revoke = (subject: Revocation['subject']): void => listeners.forEach((listener) => listener({ subject }));

beforeEach(() => {
  vi.useFakeTimers({ now });
  [listeners, known, ended] = [new Set(), [], 0];
});

afterEach(() => vi.useRealTimers());

it('ends when the token expires, and then once for all', () => {
  watch();
  vi.advanceTimersByTime(59_999);
  expect(ended).toBe(0);
  vi.advanceTimersByTime(1);
  revoke('session:phone');
  expect(ended).toBe(1);
});

it('ends when the session is revoked, and not when another one is', () => {
  watch();
  revoke('session:desk');
  expect(ended).toBe(0);
  revoke('session:phone');
  vi.advanceTimersByTime(60_000);
  expect(ended).toBe(1);
});

it('ends at once when the token was revoked before the watch began', () => {
  known.push({ subject: 'user:amy' });
  watch();
  expect(ended).toBe(1);
});

it('ends at once for a token whose end is not known', () => {
  const { expiresAt: _unknown, ...endless } = caller;
  watch(endless);
  vi.advanceTimersByTime(1);
  expect(ended).toBe(1);
});

it('says nothing, and keeps nothing, after it was ended', () => {
  watch()();
  vi.advanceTimersByTime(60_000);
  expect([ended, listeners.size, vi.getTimerCount()]).toEqual([0, 0, 0]);
});
