import { expect, it } from 'vitest';
import {
  administratorsEvents,
  apiKeyEvents,
  refusedAccessEvents,
  sessionEvents,
  signInEvents,
  userEvents,
} from '#libs/events/src/identity.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { auditedTypes, auditLogProjection } from './audit-log.projection.js';

const userId = '3f0c7a52-7a1e-5b0a-9d43-2f1f6f0b8f11';
const before = { email: 'ito@people.example', name: 'Ito', role: 'SALES' } as const;

it('hears every event of identity but the refreshing of sessions', () => {
  const all = [
    userEvents,
    administratorsEvents,
    sessionEvents,
    signInEvents,
    apiKeyEvents,
    refusedAccessEvents,
  ].flatMap((each) => Object.keys(each));
  expect(auditedTypes.filter((type) => !type.startsWith('erasure.')).toSorted()).toEqual(
    all.filter((type) => type !== 'session.refreshed').toSorted(),
  );
});

it('says what changed without personal values', () => {
  const rows = projected(
    auditLogProjection,
    recorded([
      { type: 'user.created', data: { userId, ...before, credential: { id: 'c', version: 1 } } },
      { type: 'user.updated', data: { userId, ...before, name: 'Sato', role: 'ADMIN', previous: before } },
      { type: 'user.login_failed', data: { signInId: 'hash', userId, reason: 'wrong_credentials', failures: 1 } },
    ]),
  );
  const [created, updated, failed] = Object.values(rows);
  expect(created).toMatchObject({ type: 'user.created', userId, actorId: 'spec', actorRole: 'ADMIN', revision: 0 });
  expect(created?.details).toEqual({ role: 'SALES' });
  expect(updated?.details).toEqual({ changed: ['name', 'role'], role: 'ADMIN', previousRole: 'SALES' });
  expect(failed).toMatchObject({
    failure: true,
    userId,
    details: { signInId: 'hash', reason: 'wrong_credentials', failures: 1 },
  });
  expect(JSON.stringify(rows)).not.toMatch(/Ito|Sato|people\.example/);
});
