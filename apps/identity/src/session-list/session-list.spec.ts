import { expect, it } from 'vitest';
import type { SessionEvent } from '#libs/events/src/identity.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { sessionListProjection } from './session-list.projection.js';

const ids = { sessionId: 's-1', userId: 'u-1' };
const login: SessionEvent = { type: 'user.login', data: { ...ids, expiresAt: '2026-01-19T09:00:00.000Z' } };
const refreshed: SessionEvent = { type: 'session.refreshed', data: { ...ids, generation: 1 } };
const row = (...events: readonly SessionEvent[]) =>
  projected(sessionListProjection, recorded([login, ...events]))['s-1'];

it('shows a session from the sign-in on, and when it was used last', () => {
  expect(row(refreshed)).toEqual({
    id: 's-1',
    userId: 'u-1',
    startedAt: new Date('2026-01-05T09:00:00.000Z'),
    startedPosition: '0',
    lastUsedAt: new Date('2026-01-05T09:01:00.000Z'),
    expiresAt: new Date('2026-01-19T09:00:00.000Z'),
    endedAt: null,
    endReason: null,
  });
});

it.each<[SessionEvent, string]>([
  [{ type: 'user.logout', data: ids }, 'signed_out'],
  [{ type: 'session.reuse_detected', data: { ...ids, generation: 0 } }, 'token_reused'],
  [{ type: 'session.revoked', data: { ...ids, reason: 'administrator' } }, 'administrator'],
])('says why it ended: %j', (event, endReason) => {
  expect(row(event)).toMatchObject({ endReason, endedAt: new Date('2026-01-05T09:01:00.000Z') });
});
