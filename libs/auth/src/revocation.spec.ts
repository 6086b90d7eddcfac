import { describe, expect, it } from 'vitest';
import type { Caller } from '#libs/http/src/request.js';
import { recorded } from '#libs/testing/src/given.js';
import { concerns, hashOfSubject, type Revocation, revocationOf } from './revocation.js';

const record = { email: 'sato@people.example', name: 'Sato', role: 'SALES' } as const;
const revocation = (type: string, data: object): Revocation | undefined => revocationOf(recorded([{ type, data }])[0]!);

describe('what is revoked', () => {
  it.each<[string, object, Revocation]>([
    ['user.logout', { sessionId: 's', userId: 'u' }, { subject: 'session:s' }],
    ['session.revoked', { sessionId: 's', userId: 'u', reason: 'requested' }, { subject: 'session:s' }],
    ['session.reuse_detected', { sessionId: 's', userId: 'u', generation: 1 }, { subject: 'session:s' }],
    ['user.deleted', { userId: 'u' }, { subject: 'user:u' }],
    ['api_key.revoked', { apiKeyId: 'k' }, { subject: 'api-key:k' }],
    [
      'user.updated',
      { userId: 'u', ...record, role: 'ADMIN', previous: record },
      { subject: 'user:u', beforeRevision: 0 },
    ],
  ])('by %s', (type, data, expected) => expect(revocation(type, data)).toEqual(expected));

  it('is nothing when a user has another name, or something else happens', () => {
    expect(revocation('user.updated', { userId: 'u', ...record, name: 'Ito', previous: record })).toBeUndefined();
    expect(revocation('user.login', { sessionId: 's', userId: 'u' })).toBeUndefined();
  });
});

describe('a caller', () => {
  const caller: Caller = { id: 'u', name: 'Sato', role: 'SALES', roles: ['SALES'], sessionId: 's', userRevision: 4 };

  it('is concerned by their session and by themselves', () => {
    expect(concerns({ subject: 'session:s' }, caller)).toBe(true);
    expect(concerns({ subject: 'user:u' }, caller)).toBe(true);
    expect(concerns({ subject: 'session:other' }, caller)).toBe(false);
    expect(concerns({ subject: 'api-key:s' }, caller)).toBe(false);
  });

  it('is concerned by a change of role only with a token that is older', () => {
    expect(concerns({ subject: 'user:u', beforeRevision: 5 }, caller)).toBe(true);
    expect(concerns({ subject: 'user:u', beforeRevision: 4 }, caller)).toBe(false);
    const { userRevision: _unknown, ...old } = caller;
    expect(concerns({ subject: 'user:u', beforeRevision: 0 }, old)).toBe(true);
  });
});

it('a subject is published as a hash of 256 bits', () => {
  expect(hashOfSubject('user:u')).toMatch(/^[\w-]{43}$/);
  expect(hashOfSubject('user:u')).not.toBe(hashOfSubject('session:u'));
});
