import { describe, expect, it } from 'vitest';
import { redacted } from './redacted.js';

describe('what operators are told', () => {
  it.each([
    ['the company', 'ConfigMap settings: invalid value "ABC Corporation"', 'ConfigMap settings: invalid value "…"'],
    ['a mail address', 'no user admin@abc.example here', 'no user … here'],
    ['a password by its name', 'password: hunter2 is wrong, token="abc"', 'password: … is wrong, token="…"'],
    ['a header', 'Authorization: Bearer abc.def was refused', 'Authorization: Bearer … was refused'],
    ['a sign-in in a URL', 'https://bot:hunter2@registry.example/v2', 'https://…@registry.example/v2'],
    ['what is opaque', 'got eyJhbGciOiJFUzI1NiJ9eyJzdWIiOiIx back', 'got … back'],
  ])('leaves out %s', (_what, text, expected) => {
    expect(redacted(text, ['ABC Corporation', 'AB'])).toBe(expected);
  });

  it.each([
    'Deployment web in env-cust-2025-001-1f2e3d4c-and-a-rather-long-name-that-goes-on',
    'registry.example/keiyaku/chat-files:2.4.1 was not found',
    `registry.example/keiyaku/chat-files@sha256:${'0a'.repeat(32)}`,
    'exceeded quota: plan, requested: limits.memory=8Gi, used: 4Gi, limited: 10Gi',
  ])('says in full: %s', (text) => expect(redacted(text, [])).toBe(text));

  it('ends in time', () => {
    expect(redacted('abc '.repeat(1_000), [])).toHaveLength(600);
  });
});
