import { describe, expect, it } from 'vitest';
import { EnvError } from '#libs/http/src/env.js';
import type { Caller } from '#libs/http/src/request.js';
import { countedAs, readRateLimits } from './rate-limits.js';

describe('limits', () => {
  it('allow 100 requests in 15 minutes to whoever is not signed in, and have a bucket for each kind of caller', () => {
    const limits = readRateLimits({});
    expect(limits.anonymous).toEqual({ max: 100, windowMs: 900_000 });
    expect(Object.keys(limits)).toEqual(['anonymous', 'forged', 'session', 'webhook', 'person', 'machine', 'stream']);
  });

  it('are read from the environment', () => {
    const env = { RATE_LIMIT_PERSON: '5/10s', RATE_LIMIT_MACHINE: '1000/2h', RATE_LIMIT_WEBHOOK: 'unlimited' };
    const { person, machine, webhook } = readRateLimits(env);
    expect(person).toEqual({ max: 5, windowMs: 10_000 });
    expect(machine).toEqual({ max: 1000, windowMs: 7_200_000 });
    expect(webhook).toBeUndefined();
  });

  it.each(['100', '100/15', '0/15m', '100/0s', '-1/1m', '1/1d', 'none'])('can not be %s', (text) => {
    const expected =
      'RATE_LIMIT_PERSON is not usable. Set it to requests in a time, like 100/15m (s, m or h), or unlimited.';
    expect(() => readRateLimits({ RATE_LIMIT_PERSON: text })).toThrow(new EnvError([expected]));
  });
});

describe('a request is counted', () => {
  const person: Caller = { id: 'u-1', name: 'Amy', role: 'SALES', roles: ['SALES'] };
  const withKey: Caller = { id: 'u-2', name: 'Import', role: 'SALES', roles: ['SALES'], apiKeyId: 'k-1' };
  const machine: Caller = { id: 'crm', name: 'CRM', role: 'SERVICE', roles: ['SERVICE'] };

  it.each([
    ['/api/customers', undefined, 'anonymous:10.0.0.9'],
    ['/nothing', undefined, 'anonymous:10.0.0.9'],
    ['/api/auth/login', undefined, 'anonymous:10.0.0.9'],
    ['/api/auth/refresh', undefined, 'session:10.0.0.9'],
    ['/api/auth/token', machine, 'session:10.0.0.9'],
    ['/api/webhooks/crm/one', undefined, 'webhook:10.0.0.9'],
    ['/api/webhooks/crm/another', undefined, 'webhook:10.0.0.9'],
    ['/api/customers?limit=1', person, 'person:u-1'],
    ['/api/customers', machine, 'machine:crm'],
    ['/api/customers', withKey, 'machine:u-2'],
    ['/api/environments/events?status=ready', person, 'stream:u-1'],
  ])('for %s', (url, caller, key) => {
    expect(countedAs({ method: 'GET', url, ip: '10.0.0.9', headers: {} }, caller)?.key).toBe(key);
  });

  it.each(['/health', '/ready', '/metrics', '/docs', '/docs/openapi.json', '/api/auth/.well-known/jwks.json'])(
    'not for %s',
    (url) => expect(countedAs({ method: 'GET', url, ip: '10.0.0.9', headers: {} })).toBeUndefined(),
  );

  it.each([
    ['POST', '/api/auth/.well-known/jwks.json'],
    ['GET', '/api/auth/.well-known/nothing'],
    ['GET', '/api/auth/.well-known/jwks.json/nothing'],
  ])('for %s %s, which nobody needs', (method, url) =>
    expect(countedAs({ method, url, ip: '10.0.0.9', headers: {} })?.key).toBe('anonymous:10.0.0.9'),
  );

  it('for tokens of this machine itself only when it hands on what comes from outside', () => {
    const key = (headers: Record<string, string>) =>
      countedAs({ method: 'GET', url: '/api/auth/token', ip: '127.0.0.1', headers })?.key;
    expect(key({})).toBeUndefined();
    expect(key({ 'x-forwarded-for': '10.0.0.9' })).toBe('session:127.0.0.1');
  });

  it('by network where somebody has many addresses', () => {
    const key = (ip: string) => countedAs({ method: 'GET', url: '/api/customers', ip, headers: {} })?.key;
    expect(key('2001:db8:1:2::7')).toBe(key('2001:db8:1:2:ffff::8'));
    expect(key('2001:db8:1:2::7')).not.toBe(key('2001:db8:1:3::7'));
    expect(key('::ffff:10.0.0.9')).toBe(key('10.0.0.9'));
  });
});
