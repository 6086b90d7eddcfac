import { describe, it } from 'vitest';
import type { SessionEvent } from '#libs/events/src/identity.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { EndSession, RefreshSession, RevokeSession, sessionDecider, StartSession } from './session.decider.js';

const ids = { sessionId: 's-1', userId: 'u-1' };
const expiresAt = '2026-01-19T09:00:00.000Z';
const login: SessionEvent = { type: 'user.login', data: { ...ids, expiresAt } };
const refreshed: SessionEvent = { type: 'session.refreshed', data: { ...ids, generation: 1 } };
const reused: SessionEvent = { type: 'session.reuse_detected', data: { ...ids, generation: 0 } };
const logout: SessionEvent = { type: 'user.logout', data: ids };

const start = new StartSession('s-1', { userId: 'u-1', expiresAt }, testContext());
const end = new EndSession('s-1', {}, testContext());
const refresh = (generation: number, occurredAt = '2026-01-06T09:00:00.000Z') =>
  new RefreshSession('s-1', { generation }, testContext({ occurredAt }));

describe('signing in', () => {
  it('starts a session', () => given(sessionDecider).when(start).then(login));
  it('starts it once', () => given(sessionDecider, login).when(start).thenRefused('session_exists'));
});

describe('continuing', () => {
  it('moves to the next generation', () => given(sessionDecider, login).when(refresh(0)).then(refreshed));

  it('moves on from there', () =>
    given(sessionDecider, login, refreshed)
      .when(refresh(1))
      .then({ type: 'session.refreshed', data: { ...ids, generation: 2 } }));

  it('ends the session when a used token comes back', () =>
    given(sessionDecider, login, refreshed).when(refresh(0)).then(reused));

  it('is refused for a token that the log does not know yet', () =>
    given(sessionDecider, login).when(refresh(1)).thenRefused('session_ended'));

  it('is possible until the last millisecond', () =>
    given(sessionDecider, login).when(refresh(0, '2026-01-19T08:59:59.999Z')).then(refreshed));

  it('is refused from the instant of expiry on', () =>
    given(sessionDecider, login).when(refresh(0, expiresAt)).thenRefused('session_ended'));

  it.each([
    ['before a sign-in', []],
    ['after a sign-out', [login, logout]],
    ['after a reuse, with the newest token too', [login, refreshed, reused]],
  ])('is refused %s', (_when, events) => {
    given(sessionDecider, ...events)
      .when(refresh(1))
      .thenRefused('session_ended');
  });
});

describe('signing out', () => {
  it('ends the session', () => given(sessionDecider, login, refreshed).when(end).then(logout));
  it('does nothing a second time', () => given(sessionDecider, login, logout).when(end).thenNothing());
  it('needs a session', () => given(sessionDecider).when(end).thenRefused('session_not_found'));
});

describe('revoking', () => {
  const revoke = new RevokeSession('s-1', { reason: 'administrator' }, testContext());
  const revoked: SessionEvent = { type: 'session.revoked', data: { ...ids, reason: 'administrator' } };

  it('ends the session and says why', () => given(sessionDecider, login, refreshed).when(revoke).then(revoked));
  it('ends it for its newest token too', () =>
    given(sessionDecider, login, revoked).when(refresh(0)).thenRefused('session_ended'));
  it('does nothing to one that has ended', () => given(sessionDecider, login, logout).when(revoke).thenNothing());
  it('needs a session', () => given(sessionDecider).when(revoke).thenRefused('session_not_found'));
});
