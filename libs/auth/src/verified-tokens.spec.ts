import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Caller } from '#libs/http/src/request.js';
import { VerifiedTokens } from './verified-tokens.js';

const caller: Caller = { id: 'crm', name: 'The CRM', roles: ['SERVICE'], role: 'SERVICE' };
const inAMinute = 1_767_600_060;
let published: Map<string, string>;
let tokens: VerifiedTokens;

beforeEach(() => {
  vi.useFakeTimers({ now: (inAMinute - 60) * 1000 });
  published = new Map([['a', 'key of a']]);
  tokens = new VerifiedTokens((kid) => published.get(kid));
  tokens.add('token', 'a', inAMinute, caller);
});

afterEach(() => vi.useRealTimers());

it('knows a token until it expires', () => {
  vi.setSystemTime(inAMinute * 1000 - 1);
  expect(tokens.find('token')).toEqual(caller);
  vi.setSystemTime(inAMinute * 1000);
  expect(tokens.find('token')).toBeUndefined();
});

it('knows no token that was not checked', () => {
  expect(tokens.find('another')).toBeUndefined();
});

it('forgets a token whose key is withdrawn, also when the key comes back as another one', () => {
  published.set('a', 'another key');
  expect(tokens.find('token')).toBeUndefined();
  published.set('a', 'key of a');
  expect(tokens.find('token')).toBeUndefined();
});

it('keeps no token of an unknown key', () => {
  tokens.add('stray', 'b', inAMinute, caller);
  published.set('b', 'key of b');
  expect(tokens.find('stray')).toBeUndefined();
});

it('keeps the newest thousand', () => {
  for (let n = 0; n < 1_000; n++) tokens.add(`token ${n}`, 'a', inAMinute, caller);
  expect(tokens.find('token')).toBeUndefined();
  expect(tokens.find('token 0')).toEqual(caller);
  expect(tokens.find('token 999')).toEqual(caller);
});

it('forgets the tokens of a caller on demand, and no others', () => {
  tokens.add('another', 'a', inAMinute, { ...caller, id: 'other' });
  tokens.forget(({ id }) => id === 'crm');
  expect(tokens.find('token')).toBeUndefined();
  expect(tokens.find('another')).toMatchObject({ id: 'other' });
});
