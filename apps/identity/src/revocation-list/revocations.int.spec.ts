import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { RequirePermission } from '#libs/auth/src/access.js';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import type { CommandResult } from '#libs/http/src/command-result.js';
import type { Page } from '#libs/http/src/paging.js';
import type { ProblemBody } from '#libs/http/src/problem.js';
import { createService, startService } from '#libs/service/src/service.js';
import { eventually } from '#libs/testing/src/eventually.js';
import type { TestRequest } from '#libs/testing/src/test-app.js';
import type { SessionTokens } from '../auth.dto.js';
import type { SessionView } from '../session-list/session-list.dto.js';
import { type IdentityApp, startIdentityApp } from '../spec-identity.js';

/** Another service on the same log, which knows of identity only what identity publishes. */
@Controller('rooms')
class RoomsController {
  @Get()
  @RequirePermission('contracts:read')
  enter() {
    return 'come in';
  }

  @Get('vault')
  @RequirePermission('users:read')
  enterVault() {
    return 'come in';
  }
}

@Module({ imports: [AuthModule], controllers: [RoomsController] })
class RoomsModule {}

const withinASecond = { timeoutMs: 1_000 };
let identity: IdentityApp;
let administrator: string;
let rooms: NestFastifyApplication;

beforeAll(async () => {
  identity = await startIdentityApp();
  administrator = (await login(identity.administrator)).accessToken;
  rooms = await startRooms();
});

afterAll(async () => {
  await rooms.close();
  await identity.close();
});

async function startRooms(): Promise<NestFastifyApplication> {
  const app = await createService({ name: 'rooms', contexts: [RoomsModule], logger: { level: 'silent' } });
  await startService(app, 0);
  return app;
}

async function enter(token: string, path = '/api/rooms', app = rooms) {
  const { statusCode, body } = await app.inject({ url: path, headers: { authorization: `Bearer ${token}` } });
  return { status: statusCode, body };
}

const call = <Body = CommandResult & ProblemBody>(path: string, request: TestRequest = {}) =>
  identity.request<Body>(path, { token: administrator, ...request });
const refresh = ({ refreshToken }: SessionTokens) =>
  identity.request<SessionTokens & ProblemBody>('/api/auth/refresh', { body: { refreshToken } });

async function login({ email, password }: { email: string; password: string }): Promise<SessionTokens> {
  const { status, body } = await identity.request<SessionTokens>('/api/auth/login', { body: { email, password } });
  expect(status).toBe(200);
  return body;
}

async function person(role = 'SALES') {
  const record = { email: `${randomUUID()}@people.example`, name: 'Sato', role };
  const password = 'a password for this test';
  const { body } = await call('/api/auth/users', { body: { ...record, password } });
  const signIn = { email: record.email, password };
  return { id: body.id, record, signIn, tokens: await login(signIn) };
}

async function expectRefused(token: string): Promise<void> {
  await eventually(async () => expect((await enter(token)).status).toBe(401), withinASecond);
  expect((await enter(token)).body).toContain('was revoked');
}

it('a sign-out ends the access token in every process, and no other one', async () => {
  const { tokens, signIn } = await person();
  const other = await login(signIn);
  expect([(await enter(tokens.accessToken)).status, (await enter(other.accessToken)).status]).toEqual([200, 200]);
  await identity.request('/api/auth/logout', { method: 'POST', token: tokens.accessToken });
  await expectRefused(tokens.accessToken);
  expect((await enter(other.accessToken)).status).toBe(200);
});

it('a deleted user is out everywhere, with all sessions', async () => {
  const { id, tokens, signIn } = await person();
  const second = await login(signIn);
  for (const { accessToken } of [tokens, second]) expect((await enter(accessToken)).status).toBe(200);
  await call(`/api/auth/users/${id}`, { method: 'DELETE' });
  for (const { accessToken } of [tokens, second]) await expectRefused(accessToken);
  await eventually(async () => {
    const { body } = await call<Page<SessionView>>(`/api/auth/users/${id}/sessions`);
    expect(body.items.map(({ endReason }) => endReason)).toEqual(['user_deleted', 'user_deleted']);
  });
});

it('with another role old access tokens are refused, and refreshing gives one with the new role', async () => {
  const { id, record, tokens } = await person('SALES');
  expect((await enter(tokens.accessToken, '/api/rooms/vault')).status).toBe(403);
  await call(`/api/auth/users/${id}`, { method: 'PUT', body: { ...record, name: 'Ito' } });
  expect((await enter(tokens.accessToken)).status).toBe(200);
  await call(`/api/auth/users/${id}`, { method: 'PUT', body: { ...record, role: 'MANAGER' } });
  await expectRefused(tokens.accessToken);
  const { status, body } = await refresh(tokens);
  expect(status).toBe(200);
  expect((await enter(body.accessToken, '/api/rooms/vault')).status).toBe(200);
});

it('what is published names nobody', async () => {
  const { id, tokens } = await person();
  await call(`/api/auth/users/${id}`, { method: 'DELETE' });
  await expectRefused(tokens.accessToken);
  const { status, body } = await identity.request('/api/auth/.well-known/revocations.json');
  expect(status).toBe(200);
  expect(JSON.stringify(body)).toMatch(/"subject":"[\w-]{43}"/);
  expect(JSON.stringify(body)).not.toContain(id);
});

it('people see and end their own sessions, administrators those of everybody', async () => {
  const { id, tokens, signIn } = await person();
  const other = await login(signIn);
  const own = (path: string, method = 'GET') =>
    identity.request<Page<SessionView> & ProblemBody>(path, { method, token: tokens.accessToken });
  const sessions = await eventually(async () => {
    const { body } = await own('/api/auth/sessions');
    expect(body.items).toHaveLength(2);
    return body.items;
  });
  expect(sessions.map(({ current }) => current)).toEqual(expect.arrayContaining([false, true]));
  const [mine, theirs] = sessions.toSorted((a, b) => Number(b.current) - Number(a.current));
  expect((await own(`/api/auth/sessions/${theirs?.id}`, 'DELETE')).status).toBe(200);
  await expectRefused(other.accessToken);
  expect((await refresh(other)).body.code).toBe('session_ended');

  const stranger = await person();
  const denied = await identity.request<ProblemBody>(`/api/auth/sessions/${mine?.id}`, {
    method: 'DELETE',
    token: stranger.tokens.accessToken,
  });
  expect(denied.body).toMatchObject({ status: 404, code: 'session_not_found' });
  expect((await call(`/api/auth/sessions/${mine?.id}`, { method: 'DELETE' })).status).toBe(200);
  await expectRefused(tokens.accessToken);
  const reasons = (await identity.log('session.revoked'))
    .map(({ data }) => data as { userId: string; reason: string })
    .filter(({ userId }) => userId === id);
  expect(reasons.map(({ reason }) => reason)).toEqual(['requested', 'administrator']);
});

// The last ones: Passport keeps one strategy of a name for a whole process, which is then that of the
// newest app.
it('a process that starts afterwards knows what was revoked before', async () => {
  const { tokens, signIn } = await person();
  const other = await login(signIn);
  await identity.request('/api/auth/logout', { method: 'POST', token: tokens.accessToken });
  const late = await startRooms();
  onTestFinished(() => late.close());
  expect((await enter(tokens.accessToken, '/api/rooms', late)).status).toBe(401);
  expect((await enter(other.accessToken, '/api/rooms', late)).status).toBe(200);
});

it('a process that can not read what was revoked lets nobody in, and goes on once it can', async () => {
  const { tokens } = await person();
  const identityUrl = process.env['JWKS_URL'] ?? '';
  let away = true;
  const between = createServer((request, response) => {
    if (away && request.url?.endsWith('/revocations.json')) response.writeHead(503).end();
    else void fetch(new URL(request.url ?? '', identityUrl)).then(async (answer) => response.end(await answer.text()));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void between.close());
  await once(between, 'listening');
  const { port } = between.address() as AddressInfo;
  vi.stubEnv('JWKS_URL', `http://127.0.0.1:${port}/api/auth/.well-known/jwks.json`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const blind = await startRooms();
  onTestFinished(() => blind.close());
  const refused = await enter(tokens.accessToken, '/api/rooms', blind);
  expect(refused.status).toBe(503);
  expect(refused.body).toContain('token_keys_unavailable');
  away = false;
  expect((await enter(tokens.accessToken, '/api/rooms', blind)).status).toBe(200);
});
