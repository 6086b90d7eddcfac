import { describe, it } from 'vitest';
import type { ApiKeyEvent } from '#libs/events/src/identity.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { apiKeyDecider, IssueApiKey, RevokeApiKey } from './api-key.decider.js';

const data = {
  name: 'Accounting import',
  role: 'SERVICE',
  scopes: ['contracts:read'],
  expiresAt: '2026-12-31T15:00:00.000Z',
} as const;
const issue = new IssueApiKey('key-1', data, testContext());
const revoke = new RevokeApiKey('key-1', {}, testContext());
const issued: ApiKeyEvent = { type: 'api_key.issued', data: { apiKeyId: 'key-1', ...data } };
const revoked: ApiKeyEvent = { type: 'api_key.revoked', data: { apiKeyId: 'key-1' } };

describe('a key of a machine client', () => {
  it('is issued once', () => {
    given(apiKeyDecider).when(issue).then(issued);
    given(apiKeyDecider, issued).when(issue).thenRefused('api_key_exists');
    given(apiKeyDecider, issued, revoked).when(issue).thenRefused('api_key_exists');
  });

  it('is revoked once, and must be there', () => {
    given(apiKeyDecider, issued).when(revoke).then(revoked);
    given(apiKeyDecider, issued, revoked).when(revoke).thenNothing();
    given(apiKeyDecider).when(revoke).thenRefused('api_key_not_found');
  });
});
