import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceTokens } from '#libs/auth/src/service-token.js';
import { type IdentityApp, startIdentityApp } from './spec-identity.js';

let identity: IdentityApp;

beforeAll(async () => {
  identity = await startIdentityApp();
});

afterAll(() => identity.close());

interface ClientToken {
  readonly access_token: string;
}

const grant = { grant_type: 'client_credentials' };
const token = (body: object) => identity.request<ClientToken>('/api/auth/token', { body });
const keySet = () => identity.request<{ keys: JsonWebKey[] }>('/api/auth/.well-known/jwks.json');

describe('a machine client', () => {
  it('gets an access token and nothing else', async () => {
    const { status, headers, body } = await token({ ...grant, ...identity.client });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({ access_token: expect.any(String) as unknown, token_type: 'Bearer', expires_in: 900 });
    expect(await identity.log('user.login')).toEqual([]);
  });

  it('is served through the client that other contexts use', async () => {
    const { client_id: clientId, client_secret: clientSecret } = identity.client;
    const tokens = new ServiceTokens({ publicUrl: identity.url, clientId, clientSecret });
    const response = await tokens.fetch('/api/auth/me');
    expect(await response.json()).toEqual({ id: 'crm', name: 'The CRM', role: 'SERVICE' });
  });

  it('is refused alike for a wrong secret and an unknown id', async () => {
    const attempts = await Promise.all([
      token({ ...grant, ...identity.client, client_secret: 'wrong' }),
      token({ ...grant, ...identity.client, client_id: 'nobody' }),
      token({ ...grant, ...identity.client, client_id: '__proto__' }),
    ]);
    for (const { status, body } of attempts) {
      expect({ status, body }).toMatchObject({
        status: 401,
        body: { code: 'invalid_client', detail: expect.stringContaining('client_secret') as unknown },
      });
    }
  });

  it('is refused a secret with a NUL byte before it is compared', async () => {
    const { status, body } = await token({
      ...grant,
      ...identity.client,
      client_secret: `${identity.client.client_secret}\0`,
    });
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });

  it.each([
    ['another grant type', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['no secret', { client_secret: undefined }, 'validation_failed'],
    ['an oversized secret', { client_secret: 'a'.repeat(513) }, 'validation_failed'],
    ['an oversized id', { client_id: 'a'.repeat(129) }, 'validation_failed'],
  ])('is refused with %s', async (_name, change, code) => {
    expect(await token({ ...grant, ...identity.client, ...change })).toMatchObject({ status: 400, body: { code } });
  });
});

describe('the key set', () => {
  it('is public, names its key by its thumbprint and shows no private part', async () => {
    const { status, headers, body } = await keySet();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('application/json');
    const [key, ...others] = body.keys;
    expect(others).toEqual([]);
    const { crv, kty, x, y } = key ?? {};
    const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
    expect(key).toEqual({ kid, kty: 'EC', crv: 'P-256', x, y, alg: 'ES256', use: 'sig' });
  });

  it('verifies what was issued', async () => {
    const [key] = (await keySet()).body.keys;
    const publicKey = createPublicKey({ key: key!, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
    const { body } = await token({ ...grant, ...identity.client });
    const options = { publicKey, algorithms: ['ES256' as const], audience: 'keiyaku-api', issuer: 'keiyaku-identity' };
    const { iat, exp, ...claims } = new JwtService().verify<{ iat: number; exp: number }>(body.access_token, options);
    expect(exp - iat).toBe(900);
    expect(claims).toEqual({
      sub: 'crm',
      name: 'The CRM',
      roles: ['SERVICE'],
      aud: 'keiyaku-api',
      iss: 'keiyaku-identity',
    });
  });
});

it('describes every route', async () => {
  const { body } = await identity.request<{ paths: Record<string, Record<string, object>> }>('/docs/openapi.json');
  // Every process also serves the routes of its policies.
  const own = Object.entries(body.paths).filter(([path]) => path.startsWith('/api/auth/'));
  const operations = own.flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ route: `${method} ${path}`, operation })),
  );
  expect(operations.map(({ route }) => route)).toContain('post /api/auth/token');
  for (const { operation } of operations) {
    expect(operation).toHaveProperty('summary');
    expect(operation).toHaveProperty('description');
  }
});
