import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Public, RequirePermission } from '#libs/auth/src/access.js';
import { apiKeyText } from '#libs/auth/src/api-key.js';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import { createApp } from '#libs/http/src/bootstrap.js';
import { OutsideApi } from '#libs/http/src/outside-api.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testRedisUrl } from '#libs/testing/src/redis.js';
import { startTcpProxy } from '#libs/testing/src/tcp-proxy.js';
import { startTokenIssuer, type TokenIssuer } from '#libs/testing/src/token-issuer.js';
import { edge } from './edge.js';

@Controller('customers')
class CustomersController {
  @Get()
  @Public()
  list() {
    return ['amy'];
  }

  @Post()
  @RequirePermission('contracts:write')
  create() {
    return 'created';
  }
}

@OutsideApi(true)
@Controller('pages')
class PagesController {
  @Get()
  @Public()
  page() {
    return 'a page';
  }
}

@Module({ imports: [AuthModule], controllers: [CustomersController, PagesController] })
class CustomersModule {}

let issuer: TokenIssuer;

beforeAll(async () => {
  issuer = await startTokenIssuer();
  Object.assign(process.env, {
    JWKS_URL: issuer.jwksUrl,
    REDIS_URL: await testRedisUrl(),
    CORS_ORIGINS: 'https://console.example',
    TRUSTED_PROXIES: '127.0.0.1',
  });
});

afterAll(() => issuer?.stop());

/** Each test has an address of its own, so nobody counts for another one. */
let addresses = 0;

async function startEdge(env: Readonly<Record<string, string>> = {}) {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const app: NestFastifyApplication = await createApp(CustomersModule, {
    name: 'edge',
    logger: { level: 'silent' },
    edge: edge(),
  });
  vi.unstubAllEnvs();
  onTestFinished(() => app.close());
  await app.init();
  const address = `10.0.0.${(addresses += 1)}`;
  return (url: string, headers: Readonly<Record<string, string>> = {}, method: 'GET' | 'POST' | 'OPTIONS' = 'GET') =>
    app.inject({ method, url, headers: { 'x-forwarded-for': address, ...headers } });
}

it('answers paths of the API without their prefix, and pages where they are', async () => {
  const ask = await startEdge();
  expect((await ask('/customers?limit=1')).json()).toEqual(['amy']);
  expect((await ask('/api/customers')).json()).toEqual(['amy']);
  expect((await ask('/pages')).body).toBe('a page');
  expect((await ask('/health')).json()).toEqual({ status: 'ok' });
  expect((await ask('/elsewhere')).statusCode).toBe(404);
});

describe('other origins', () => {
  it('may read and change when they are named, and others may not', async () => {
    const ask = await startEdge();
    const allowed = await ask('/customers', { origin: 'https://console.example' });
    expect(allowed.headers).toMatchObject({ 'access-control-allow-origin': 'https://console.example' });
    const exposed = String(allowed.headers['access-control-expose-headers']).split(/, */);
    expect(exposed).toEqual(expect.arrayContaining(['X-Event-Position', 'X-Duplicate-Check']));
    expect((await ask('/customers', { origin: 'https://evil.example' })).headers).not.toHaveProperty(
      'access-control-allow-origin',
    );
    const wish = { origin: 'https://console.example', 'access-control-request-method': 'PATCH' };
    const preflight = await ask('/api/customers', wish, 'OPTIONS');
    expect(preflight.statusCode).toBe(204);
    expect(preflight.headers['access-control-allow-methods']).toContain('PATCH');
    expect(preflight.headers).not.toHaveProperty('ratelimit-limit');
  });

  it('learn that they send too much', async () => {
    const ask = await startEdge({ RATE_LIMIT_ANONYMOUS: '1/15m' });
    await ask('/customers');
    const refused = await ask('/customers', { origin: 'https://console.example' });
    expect(refused.statusCode).toBe(429);
    expect(refused.headers['access-control-allow-origin']).toBe('https://console.example');
  });
});

describe('requests are counted', () => {
  it('by address, 100 in 15 minutes for whoever is not signed in, with headers that say how many are left', async () => {
    const ask = await startEdge();
    const forged = { authorization: 'Bearer forged' };
    const first = await ask('/api/customers', forged);
    expect(first.headers).toMatchObject({ 'ratelimit-limit': '100', 'ratelimit-remaining': '99' });
    expect(Number(first.headers['ratelimit-reset'])).toBeGreaterThan(890);
    for (let sent = 1; sent < 100; sent += 1) expect((await ask('/customers')).statusCode).toBe(200);
    const refused = await ask('/nothing');
    expect(refused.statusCode).toBe(429);
    expect(refused.json()).toMatchObject({ code: 'rate_limited', limit: 100, windowSeconds: 900 });
    const seconds = refused.headers['retry-after'];
    expect(refused.json<{ detail: string }>().detail).toBe(
      `100 requests in 900 s are allowed. Send the next one in ${String(seconds)} s.`,
    );
    expect((await ask('/customers', { 'x-forwarded-for': '10.1.0.1' })).statusCode).toBe(200);
    expect((await ask('/customers', issuer.bearer({ sub: 'ann' }))).statusCode).toBe(200);
    expect((await ask('/health')).statusCode).toBe(200);
  });

  it('by person, wherever they are', async () => {
    const ask = await startEdge({ RATE_LIMIT_PERSON: '2/15m' });
    const bob = issuer.bearer({ sub: 'bob' });
    const statuses = [];
    for (const from of ['10.2.0.1', '10.2.0.2', '10.2.0.3']) {
      statuses.push((await ask('/customers', { ...bob, 'x-forwarded-for': from })).statusCode);
    }
    expect(statuses).toEqual([200, 200, 429]);
    expect((await ask('/customers', issuer.bearer({ sub: 'carol' }))).statusCode).toBe(200);
  });

  it('when they show tokens that do not hold, and then no other token is checked for that address', async () => {
    const ask = await startEdge({ RATE_LIMIT_FORGED: '2/15m' });
    const dave = issuer.bearer({ sub: 'dave' });
    expect((await ask('/customers', dave)).statusCode).toBe(200);
    const statuses = [];
    for (const token of ['one', 'two', 'three']) {
      statuses.push((await ask('/customers', { authorization: `Bearer ${token}` })).statusCode);
    }
    expect(statuses).toEqual([200, 200, 429]);
    const good = issuer.bearer({ sub: 'erin' });
    expect((await ask('/customers', good)).statusCode).toBe(429);
    expect((await ask('/customers', { ...good, 'x-forwarded-for': '10.5.0.1' })).statusCode).toBe(200);
    expect((await ask('/customers', dave)).statusCode).toBe(200);
    expect((await ask('/customers')).statusCode).toBe(200);
  });

  it('not when nobody can check their token: then the route says so', async () => {
    const away = await startTokenIssuer();
    const ask = await startEdge({ JWKS_URL: away.jwksUrl, RATE_LIMIT_FORGED: '1/15m', RATE_LIMIT_ANONYMOUS: '1/15m' });
    await away.stop();
    const statuses = [];
    for (let sent = 0; sent < 3; sent += 1) statuses.push((await ask('/customers', away.bearer(), 'POST')).statusCode);
    expect(statuses).toEqual([503, 503, 503]);
    expect((await ask('/customers')).statusCode).toBe(200);
  });

  it('by key, which holds beside forged ones once it was found good', async () => {
    const ask = await startEdge({ RATE_LIMIT_FORGED: '1/15m' });
    const token = { access_token: issuer.token({ sub: 'machine' }), expires_in: 900 };
    const identity = createServer((request, response) => {
      if (request.method === 'POST') response.end(JSON.stringify(token));
      else response.writeHead(302, { location: new URL(request.url!, issuer.jwksUrl).href }).end();
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void identity.close());
    await once(identity, 'listening');
    vi.stubEnv('JWKS_URL', `http://127.0.0.1:${(identity.address() as AddressInfo).port}/.well-known/jwks.json`);
    onTestFinished(() => void vi.unstubAllEnvs());
    const key = { authorization: `Bearer ${apiKeyText({ id: randomUUID(), secret: 'A'.repeat(43) })}` };
    expect((await ask('/customers', key)).statusCode).toBe(200);
    const forged = { authorization: 'Bearer forged' };
    expect((await ask('/customers', forged)).statusCode).toBe(200);
    expect((await ask('/customers', forged)).statusCode).toBe(429);
    expect((await ask('/customers', key)).statusCode).toBe(200);
  });

  it('over all processes', async () => {
    const [one, other] = [
      await startEdge({ RATE_LIMIT_ANONYMOUS: '1/15m' }),
      await startEdge({ RATE_LIMIT_ANONYMOUS: '1/15m' }),
    ];
    const from = { 'x-forwarded-for': '10.3.0.1' };
    expect((await one('/customers', from)).statusCode).toBe(200);
    expect((await other('/customers', from)).statusCode).toBe(429);
  });

  it('on, when Redis has forgotten how: the script is not sent with each of them', async () => {
    const ask = await startEdge({ RATE_LIMIT_ANONYMOUS: '3/15m' });
    const redis = new Redis(process.env['REDIS_URL']!);
    onTestFinished(() => redis.disconnect());
    const from = { 'x-forwarded-for': '10.6.0.1' };
    const commands: string[] = [];
    const monitor = await redis.monitor();
    onTestFinished(() => monitor.disconnect());
    monitor.on('monitor', (_time: string, [command, ...rest]: string[]) => {
      if (command?.startsWith('eval') && rest.some((each) => each.endsWith('10.6.0.1'))) commands.push(command);
    });
    const statuses = [(await ask('/customers', from)).statusCode];
    await redis.script('FLUSH');
    for (let sent = 0; sent < 3; sent += 1) statuses.push((await ask('/customers', from)).statusCode);
    expect(statuses).toEqual([200, 200, 200, 429]);
    await eventually(() => expect(commands.slice(-2)).toEqual(['evalsha', 'evalsha']));
  });

  it('by each process itself while Redis does not answer', async () => {
    const redis = new URL(process.env['REDIS_URL']!);
    const proxy = await startTcpProxy(Number(redis.port));
    onTestFinished(() => proxy.close());
    redis.port = String(proxy.port);
    const ask = await startEdge({ REDIS_URL: redis.href, RATE_LIMIT_ANONYMOUS: '2/15m' });
    proxy.lose('answers');
    const statuses = [];
    for (let sent = 0; sent < 3; sent += 1) statuses.push((await ask('/customers')).statusCode);
    expect(statuses).toEqual([200, 200, 429]);
  });
});
