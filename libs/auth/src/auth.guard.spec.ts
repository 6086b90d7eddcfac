import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createApp } from '#libs/http/src/bootstrap.js';
import type { Caller } from '#libs/http/src/request.js';
import { startTokenIssuer, type TokenIssuer, type TokenRequest } from '#libs/testing/src/token-issuer.js';
import { Principal, Public, RequirePermission } from './access.js';
import { AuthModule, routesWithoutPermission } from './auth.module.js';

@Controller('rooms')
class RoomsController {
  @Get('open')
  @Public()
  open() {
    return 'come in';
  }

  @Get('contracts')
  @RequirePermission('contracts:write')
  contracts(@Principal() principal: Caller) {
    return principal;
  }
}

@Controller('forgotten')
class ForgottenController {
  @Get()
  forgotten() {
    return 'unguarded';
  }
}

@Module({ imports: [AuthModule], controllers: [RoomsController] })
class RoomsModule {}

@Module({ imports: [AuthModule] })
class OtherContextModule {}

@Module({ imports: [RoomsModule, OtherContextModule] })
class SuiteModule {}

@Module({ imports: [AuthModule], controllers: [RoomsController, ForgottenController] })
class LeakyModule {}

const options = { name: 'rooms', logger: { level: 'silent' } } as const;
let issuer: TokenIssuer;
let app: NestFastifyApplication;

beforeAll(async () => {
  issuer = await startTokenIssuer();
  vi.stubEnv('JWKS_URL', issuer.jwksUrl);
  app = await createApp(SuiteModule, options);
  await app.init();
});

afterEach(() => vi.useRealTimers());

afterAll(async () => {
  await app.close();
  await issuer.stop();
  vi.unstubAllEnvs();
});

async function enter(authorization?: string, to = app) {
  const headers = authorization === undefined ? {} : { authorization };
  const response = await to.inject({ url: '/api/rooms/contracts', headers });
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(response.body) as unknown };
}

it('lets a role with the permission in and tells the route who it is', async () => {
  const { authorization } = issuer.bearer({ sub: 'user-1', name: 'Amy', roles: ['SALES', 'SUPPORT'] });
  expect(await enter(authorization)).toMatchObject({
    status: 200,
    body: { id: 'user-1', name: 'Amy', role: 'SALES', roles: ['SALES', 'SUPPORT'] },
  });
});

it('lets anybody into a public route', async () => {
  expect((await app.inject('/api/rooms/open')).body).toBe('come in');
});

it('names the permission that is missing', async () => {
  const { status, body } = await enter(issuer.bearer({ roles: ['COMPLIANCE'] }).authorization);
  expect(status).toBe(403);
  expect(body).toMatchObject({
    code: 'permission_denied',
    permission: 'contracts:write',
    detail: expect.stringContaining('contracts:write, which your role COMPLIANCE does not have') as unknown,
  });
});

describe('refused with 401', () => {
  const unsigned = (header: object, claims: object) =>
    `${[header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
  const bearer = (request: TokenRequest) => () => issuer.bearer(request).authorization;
  const secret = { privateKey: 'public knowledge', algorithm: 'HS256' } as const;

  it.each<[string, () => string | undefined]>([
    ['no token', () => undefined],
    ['another scheme', () => 'Basic YTpi'],
    ['garbage', () => 'Bearer garbage'],
    ['garbage in three parts', () => 'Bearer a.b.c'],
    ['an expired token', bearer({ sign: { expiresIn: '-1m' } })],
    ['the algorithm none', () => `Bearer ${unsigned({ alg: 'none', kid: 'x' }, { sub: 'a', roles: ['ADMIN'] })}`],
    ['the algorithm HS256', bearer({ sign: secret })],
    ['another issuer', bearer({ sign: { issuer: 'somebody-else' } })],
    ['another audience', bearer({ sign: { audience: 'another-api' } })],
    ['an unknown key id', bearer({ sign: { keyid: 'forged' } })],
    ['no roles', bearer({ roles: [] })],
    ['an unknown role', bearer({ roles: ['GOD' as 'ADMIN'] })],
    [
      'a changed payload',
      () => {
        const [header, , signature] = issuer.token({ roles: ['SUPPORT'] }).split('.');
        const claims = Buffer.from(JSON.stringify({ sub: 'a', name: 'a', roles: ['ADMIN'] })).toString('base64url');
        return `Bearer ${header}.${claims}.${signature}`;
      },
    ],
  ])('%s', async (_name, authorization) => {
    const { status, headers, body } = await enter(authorization());
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toMatch(/^Bearer/);
    expect(body).toMatchObject({ code: 'unauthenticated', detail: expect.stringMatching(/token/) as unknown });
  });

  it('tells an expired token from a wrong one', async () => {
    const { body } = await enter(issuer.bearer({ sign: { expiresIn: '-1m' } }).authorization);
    expect(body).toMatchObject({ detail: 'The access token has expired. Refresh it or sign in again.' });
  });
});

it('says that it is not the caller when keys can not be fetched', async () => {
  const away = await startTokenIssuer();
  vi.stubEnv('JWKS_URL', away.jwksUrl);
  const lonely = await createApp(RoomsModule, options);
  onTestFinished(() => lonely.close());
  vi.stubEnv('JWKS_URL', issuer.jwksUrl);
  await lonely.init();
  await away.stop();
  const { status, headers, body } = await enter(away.bearer().authorization, lonely);
  expect(status).toBe(503);
  expect(headers['retry-after']).toBe('2');
  expect(body).toMatchObject({ code: 'token_keys_unavailable' });
  expect(JSON.stringify(body)).not.toContain(away.jwksUrl);
});

it('refuses to start with a route that names no permission', async () => {
  const leaky = await createApp(LeakyModule, options);
  onTestFinished(() => leaky.close());
  expect(routesWithoutPermission(leaky)).toEqual(['GET ForgottenController.forgotten']);
  await expect(leaky.init()).rejects.toThrow(
    'These routes name no permission: GET ForgottenController.forgotten. Add @RequirePermission(...) or @Public() to each.',
  );
});
