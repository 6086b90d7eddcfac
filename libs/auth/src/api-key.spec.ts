import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { apiKeyText, parseApiKey } from './api-key.js';
import { ApiKeysUnavailable, ApiKeyTokens } from './api-key-tokens.js';

const key = { id: '5f3b2f0e-6b0c-5c1e-9d3a-2b7c1d8e4f60', secret: 'A'.repeat(43) };
const identity = { status: 200, asked: [] as unknown[], expiresIn: 900 };
let server: ReturnType<typeof createServer>;

beforeEach(async () => {
  Object.assign(identity, { status: 200, asked: [], expiresIn: 900 });
  server = createServer((request, response) => {
    void text(request).then((body) => {
      identity.asked.push({ path: request.url, ...(JSON.parse(body) as object) });
      const token = { access_token: `token-${identity.asked.length}`, expires_in: identity.expiresIn };
      response.writeHead(identity.status).end(JSON.stringify(token));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('JWKS_URL', `http://127.0.0.1:${port}/api/auth/.well-known/jwks.json`);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  server.close();
  server.closeAllConnections();
});

it('a key is written so that it is told from an access token', () => {
  expect(parseApiKey(apiKeyText(key))).toEqual(key);
  for (const other of ['eyJhbGciOi.J9.sig', 'kyk_', `kyk_${key.id}`, `${apiKeyText(key)}x`]) {
    expect(parseApiKey(other)).toBeUndefined();
  }
});

it('identity is asked once for many requests', async () => {
  const tokens = new ApiKeyTokens();
  expect(await Promise.all([tokens.tokenFor(key), tokens.tokenFor(key)])).toEqual(['token-1', 'token-1']);
  expect(await tokens.tokenFor(key)).toBe('token-1');
  expect(identity.asked).toEqual([
    { path: '/api/auth/token', grant_type: 'client_credentials', client_id: key.id, client_secret: key.secret },
  ]);
});

it('identity is asked again before the token expires', async () => {
  identity.expiresIn = 0;
  const tokens = new ApiKeyTokens();
  expect([await tokens.tokenFor(key), await tokens.tokenFor(key)]).toEqual(['token-1', 'token-2']);
});

it('a refused key is not asked about again for a while', async () => {
  identity.status = 401;
  const tokens = new ApiKeyTokens();
  expect([await tokens.tokenFor(key), await tokens.tokenFor(key)]).toEqual([undefined, undefined]);
  expect(identity.asked).toHaveLength(1);
});

it('an answer that says nothing about the key is not kept', async () => {
  identity.status = 503;
  const tokens = new ApiKeyTokens();
  await expect(tokens.tokenFor(key)).rejects.toThrow(ApiKeysUnavailable);
  identity.status = 200;
  expect(await tokens.tokenFor(key)).toBe('token-2');
});

it('the token of a key that was found good is at hand without asking identity, until it expires', async () => {
  const tokens = new ApiKeyTokens();
  expect(await tokens.heldFor(key)).toBeUndefined();
  const asking = tokens.tokenFor(key);
  expect(await tokens.heldFor(key)).toBeUndefined();
  await asking;
  expect(await tokens.heldFor(key)).toBe('token-1');
  vi.useFakeTimers({ now: Date.now() + 900_000, toFake: ['Date'] });
  expect(await tokens.heldFor(key)).toBeUndefined();
  expect(identity.asked).toHaveLength(1);
});

it('no token is at hand for a key that was refused, or that nobody could check', async () => {
  const tokens = new ApiKeyTokens();
  identity.status = 503;
  await expect(tokens.tokenFor(key)).rejects.toThrow(ApiKeysUnavailable);
  expect(await tokens.heldFor(key)).toBeUndefined();
  identity.status = 401;
  await tokens.tokenFor(key);
  expect(await tokens.heldFor(key)).toBeUndefined();
});
