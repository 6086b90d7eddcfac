import { expect, it } from 'vitest';
import { erased, isErased } from '#libs/events/src/erased.js';
import type { SessionEvent, UserEvent } from '#libs/events/src/identity.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { userListProjection } from './user-list.projection.js';

const userId = '3f0c7a52-7a1e-5b0a-9d43-2f1f6f0b8f11';
const before = { email: 'ito@keiyaku.example', name: 'Ito', role: 'SALES' } as const;
const credential = { id: 'credential', version: 1 };
const created: UserEvent = { type: 'user.created', data: { userId, ...before, credential } };
const login: SessionEvent = { type: 'user.login', data: { sessionId: 's', userId, expiresAt: '2026-01-19T09:00:00Z' } };
const row = (...events: readonly (UserEvent | SessionEvent)[]) =>
  projected(userListProjection, recorded([created, ...events]))[userId];

it('shows a user as they were created', () => {
  const at = new Date('2026-01-05T09:00:00.000Z');
  expect(row()).toEqual({
    id: userId,
    revision: 0,
    status: 'active',
    ...before,
    secondFactor: false,
    createdAt: at,
    updatedAt: at,
    deletedAt: null,
    lastSignInAt: null,
  });
});

it('shows them as they were changed, and when they signed in last', () => {
  const now = { email: 'sato@keiyaku.example', name: 'Sato', role: 'MANAGER' } as const;
  const updated: UserEvent = { type: 'user.updated', data: { userId, ...now, previous: before } };
  const enabled: UserEvent = { type: 'user.second_factor_enabled', data: { userId, credential } };
  expect(row(updated, enabled, login)).toMatchObject({
    ...now,
    revision: 2,
    secondFactor: true,
    updatedAt: new Date('2026-01-05T09:02:00.000Z'),
    lastSignInAt: new Date('2026-01-05T09:03:00.000Z'),
  });
});

it('keeps a deleted user, with when', () => {
  expect(row({ type: 'user.deleted', data: { userId } })).toMatchObject({
    status: 'deleted',
    name: 'Ito',
    deletedAt: new Date('2026-01-05T09:01:00.000Z'),
  });
});

it('has the marker in place of an erased user', () => {
  const gone = { erasureId: 'e', subject: `user:${userId}`, destroyedAt: '2026-01-05T09:00:00Z' } as const;
  const rows = projected(userListProjection, recorded([created, { type: 'erasure.key_destroyed', data: gone }]));
  expect(rows[userId]).toMatchObject({ email: erased, name: erased });
  expect(isErased(rows[userId]?.name)).toBe(true);
});
