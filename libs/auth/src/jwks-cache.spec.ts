import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { startTokenIssuer, type TokenIssuer } from '#libs/testing/src/token-issuer.js';
import { JwksCache, JwksUnavailable } from './jwks-cache.js';

let issuer: TokenIssuer;
let now: number;
let cache: JwksCache;

beforeEach(async () => {
  issuer = await startTokenIssuer();
  now = 1_000_000;
  cache = new JwksCache(issuer.jwksUrl, () => now);
});

afterEach(() => issuer.stop());

function currentKid(): string {
  const header = issuer.token().split('.', 1)[0] ?? '';
  return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }).kid;
}

it('fetches once for many callers', async () => {
  const kid = currentKid();
  const keys = await Promise.all(Array.from({ length: 20 }, () => cache.find(kid)));
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toContain('BEGIN PUBLIC KEY');
  expect(issuer.fetches).toBe(1);
});

it('finds a new key, and asks at most once in 10 s for ids that nobody has', async () => {
  await cache.find(currentKid());
  issuer.rotate();
  expect(await cache.find(currentKid())).toBeUndefined();
  now += 10_000;
  expect(await cache.find(currentKid())).toContain('BEGIN PUBLIC KEY');
  for (let i = 0; i < 50; i++) expect(await cache.find(`forged-${i}`)).toBeUndefined();
  expect(issuer.fetches).toBe(2);
});

it('lets a withdrawn key go within 10 minutes', async () => {
  const withdrawn = currentKid();
  await cache.find(withdrawn);
  issuer.rotate();
  expect(await cache.find(withdrawn)).toBeDefined();
  now += 600_001;
  expect(await cache.find(withdrawn)).toBeUndefined();
});

it('goes on with the keys that it has while the issuer is away', async () => {
  const kid = currentKid();
  await cache.find(kid);
  await issuer.stop();
  issuer = await startTokenIssuer();
  now += 600_001;
  expect(await cache.find(kid)).toContain('BEGIN PUBLIC KEY');
});

it.each([
  ['an error', 500, '{}'],
  ['no JSON', 200, '<html>'],
  ['no key set', 200, '{"ok":true}'],
  ['a broken key', 200, '{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"?","y":"?"}]}'],
])('is unavailable when the issuer answers %s', async (_name, status, body) => {
  const server = createServer((_request, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  await expect(new JwksCache(`http://127.0.0.1:${port}/`).find('a')).rejects.toThrow(JwksUnavailable);
});
