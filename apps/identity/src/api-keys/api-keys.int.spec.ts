import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandResult } from '#libs/http/src/command-result.js';
import type { Page } from '#libs/http/src/paging.js';
import type { ProblemBody } from '#libs/http/src/problem.js';
import { eventually } from '#libs/testing/src/eventually.js';
import type { TestRequest } from '#libs/testing/src/test-app.js';
import { expectGoldenShape } from '../../../../test/golden/golden-events.js';
import type { AuditLogView } from '../audit-log-list/audit-log.dto.js';
import type { ClientToken, SessionTokens } from '../auth.dto.js';
import type { ResetLinkView } from '../passwords.dto.js';
import { type IdentityApp, startIdentityApp } from '../spec-identity.js';
import type { ApiKeyView, IssuedApiKey } from './api-keys.dto.js';

let identity: IdentityApp;
let administrator: string;

beforeAll(async () => {
  identity = await startIdentityApp();
  administrator = (await login(identity.administrator)).body.accessToken;
});

afterAll(() => identity.close());

const login = (body: object) => identity.request<SessionTokens & ProblemBody>('/api/auth/login', { body });
const call = <Body = CommandResult & ProblemBody>(path: string, request: TestRequest = {}) =>
  identity.request<Body>(path, { token: administrator, ...request });

const token = (client: object) =>
  identity.request<ProblemBody>('/api/auth/token', { body: { grant_type: 'client_credentials', ...client } });
const refusals = async (clientId: string) =>
  (await identity.log('access.refused')).filter(({ data }) => (data as { clientId: unknown }).clientId === clientId);

async function person() {
  const signIn = { email: `${randomUUID()}@people.example`, password: `secret ${randomUUID()}` };
  const { body } = await call('/api/auth/users', { body: { ...signIn, name: 'Sato', role: 'SALES' } });
  return { id: body.id, signIn };
}

describe('a key of a machine client', () => {
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const issue = (body: object, headers = {}) =>
    call<IssuedApiKey & ProblemBody>('/api/auth/api-keys', {
      body: { name: 'Import', role: 'ADMIN', expiresAt: inDays(30), ...body },
      headers,
    });
  const users = (token: string) => identity.request<ProblemBody>('/api/auth/users', { token });

  it('lets a machine in with its role, until it is revoked', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const { status, body } = await issue({}, headers);
    expect(status).toBe(201);
    expect((await issue({}, headers)).body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect(identity.logLines.join('')).not.toContain(body.key);
    expect((await users(body.key)).status).toBe(200);
    const me = await identity.request('/api/auth/me', { token: body.key });
    expect(me.body).toEqual({ id: `api-key:${body.id}`, name: 'Import', role: 'ADMIN' });
    const made = await identity.request<CommandResult>('/api/auth/users', {
      token: body.key,
      body: { email: `${randomUUID()}@people.example`, name: 'Made by a machine', role: 'SALES' },
    });
    const [created] = await identity.events(`user-${made.body.id}`);
    expect(created?.metadata.actor).toEqual({ id: `api-key:${body.id}`, role: 'ADMIN', ip: '127.0.0.1' });

    expect((await call(`/api/auth/api-keys/${body.id}`, { method: 'DELETE' })).status).toBe(200);
    await eventually(async () => expect((await users(body.key)).status).toBe(401), { timeoutMs: 1_000 });
    const list = await call<Page<ApiKeyView>>('/api/auth/api-keys');
    expect(list).toMatchObject({ status: 200 });
    expect(list.body.items.find(({ id }) => id === body.id)).toMatchObject({ name: 'Import', scopes: null });
    const events = await identity.events(`api-key-${body.id}`);
    expect(events.map(({ type }) => type)).toEqual(['api_key.issued', 'api_key.revoked']);
    expectGoldenShape(events[1]!);
  });

  it("that is limited to its own session ends nobody else's", async () => {
    const { body } = await issue({ scopes: ['own-session:use'] });
    const { signIn } = await person();
    const { accessToken } = (await login(signIn)).body;
    const { sid } = JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as { sid: string };
    const path = `/api/auth/sessions/${sid}`;
    const ended = await identity.request<ProblemBody>(path, { method: 'DELETE', token: body.key });
    expect(ended.body).toMatchObject({ status: 404, code: 'session_not_found' });
    expect((await identity.request('/api/auth/me', { token: accessToken })).status).toBe(200);
  });

  it('is limited to its scopes', async () => {
    const { body } = await issue({ scopes: ['own-session:use'] });
    const [issued] = await identity.events(`api-key-${body.id}`);
    expectGoldenShape(issued!);
    expect((await identity.request('/api/auth/me', { token: body.key })).status).toBe(200);
    expect((await users(body.key)).body).toMatchObject({
      status: 403,
      code: 'permission_denied',
      detail: expect.stringContaining('your key does not have') as string,
    });
  });

  it('is repeated as it was for a repeated request', async () => {
    const [headers, expiresAt] = [{ 'idempotency-key': randomUUID() }, inDays(2)];
    const [first, again] = [await issue({ expiresAt }, headers), await issue({ expiresAt }, headers)];
    expect(again.body).toEqual(first.body);
  });

  it.each<[object, number, string]>([
    [{ role: 'SALES', scopes: ['users:manage'] }, 422, 'scope_not_in_role'],
    [{ scopes: ['everything'] }, 400, 'validation_failed'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 422, 'expiry_out_of_range'],
    [{ expiresAt: '2999-01-01T00:00:00Z' }, 422, 'expiry_out_of_range'],
  ])('is not issued with %j', async (wrong, status, code) => {
    expect((await issue(wrong)).body).toMatchObject({ status, code });
  });

  it('is good for nothing from its end on', async () => {
    const { body } = await issue({ expiresAt: new Date(Date.now() + 3_000).toISOString() });
    const [, id, secret] = /^kyk_([^_]+)_(.+)$/.exec(body.key) ?? [];
    const exchange = () => token({ client_id: id, client_secret: secret });
    await eventually(async () =>
      expect((await exchange()).body).toMatchObject({ status: 401, code: 'invalid_client' }),
    );
    expect((await refusals(body.id)).map(({ data }) => data)).toMatchObject([{ means: 'api_key', reason: 'expired' }]);
  });

  it('is the same one when its id comes in capitals', async () => {
    const { body } = await issue({});
    const [, id = '', secret] = /^kyk_([^_]+)_(.+)$/.exec(body.key) ?? [];
    const exchanged = await identity.request<ClientToken>('/api/auth/token', {
      body: { grant_type: 'client_credentials', client_id: id.toUpperCase(), client_secret: secret },
    });
    expect(exchanged.status).toBe(200);
    const me = await identity.request('/api/auth/me', { token: exchanged.body.access_token });
    expect(me.body).toMatchObject({ id: `api-key:${id}` });
    const writings = [id, id.toUpperCase(), `${id.slice(0, 8).toUpperCase()}${id.slice(8)}`];
    for (const client_id of writings) await token({ client_id, client_secret: 'wrong' });
    expect(await identity.events(`refused-access-api_key-${id}`)).toHaveLength(3);
  });

  it('that nobody issued is refused, with what to do', async () => {
    const stray = await users(`kyk_${randomUUID()}_${'A'.repeat(43)}`);
    expect(stray.body).toMatchObject({
      status: 401,
      detail: expect.stringContaining('Ask an administrator') as string,
    });
    const unknown = await call(`/api/auth/api-keys/${randomUUID()}`, { method: 'DELETE' });
    expect(unknown.body).toMatchObject({ status: 404, code: 'api_key_not_found' });
  });
});

describe('what lets nobody in', () => {
  it('is told to the audit log: whose it was, why, and from where', async () => {
    const { client_id, client_secret } = identity.client;
    const { id: userId } = await person();
    const link = await call<ResetLinkView>(`/api/auth/users/${userId}/password-reset`, { method: 'POST' });
    const reset = (linkToken: string) =>
      identity.request('/api/auth/password-reset', { body: { token: linkToken, newPassword: 'long enough for us' } });
    await token({ client_id, client_secret: 'wrong' });
    await token({ client_id: 'nobody', client_secret });
    await token({ client_id: randomUUID(), client_secret: 'wrong' });
    expect([(await reset(link.body.token)).status, (await reset(link.body.token)).status]).toEqual([204, 404]);
    expect((await reset('A'.repeat(43))).status).toBe(404);

    const stored = await identity.log('access.refused');
    for (const event of stored) expectGoldenShape(event);
    expect(stored.map(({ data, metadata }) => ({ ...data, fingerprint: metadata.fingerprint }))).toEqual(
      expect.arrayContaining(
        [
          { means: 'machine_client', clientId: client_id, userId: null, reason: 'wrong_secret' },
          { means: 'machine_client', clientId: null, userId: null, reason: 'unknown' },
          { means: 'api_key', clientId: null, userId: null, reason: 'unknown' },
          { means: 'password_link', clientId: null, userId, reason: 'used' },
          { means: 'password_link', clientId: null, userId: null, reason: 'unknown' },
        ].map((refused) => expect.objectContaining({ ...refused, fingerprint: undefined }) as object),
      ),
    );
    const position = stored.at(-1)!.position.toString();
    const path = `/api/auth/audit-logs?type=access.refused&userId=${userId}`;
    const { body } = await call<Page<AuditLogView>>(path, { headers: { 'x-await-position': position } });
    expect(body.items).toMatchObject([
      {
        failure: true,
        actor: { id: 'anonymous', ip: '127.0.0.1' },
        details: { means: 'password_link', reason: 'used' },
      },
    ]);
  });

  it('fills no log, however often it comes', async () => {
    const before = (await identity.log('access.refused')).length;
    const attempts = Array.from({ length: 20 }, () => token({ client_id: randomUUID(), client_secret: 'wrong' }));
    expect(new Set((await Promise.all(attempts)).map(({ status }) => status))).toEqual(new Set([401]));
    expect((await identity.log('access.refused')).length - before).toBeLessThanOrEqual(5);
  });
});

describe('the audit log', () => {
  it('says who did what to whom from where, in pages, filtered', async () => {
    const { id, signIn } = await person();
    await login({ ...signIn, password: 'wrong' });
    const { headers } = await login(signIn);
    const position = headers.get('x-event-position') ?? '';
    const read = (filter: string) =>
      call<Page<AuditLogView> & ProblemBody>(`/api/auth/audit-logs?userId=${id}${filter}`, {
        headers: { 'x-await-position': position },
      });
    const { body } = await read('&sort=at');
    // The last two are of one instant.
    const types = body.items.map(({ type }) => type);
    expect([...types.slice(0, 2), ...types.slice(2).toSorted()]).toEqual([
      'user.created',
      'user.login_failed',
      'user.login',
      'user.unlocked',
    ]);
    expect(body.items[1]).toMatchObject({
      failure: true,
      actor: { id: 'anonymous', role: 'ANONYMOUS', ip: '127.0.0.1' },
      details: { reason: 'wrong_credentials', failures: 1 },
    });
    const signedIn = body.items.find(({ type }) => type === 'user.login');
    expect(signedIn).toMatchObject({ actor: { id, role: 'SALES', ip: '127.0.0.1' } });
    expect(JSON.stringify(body)).not.toContain(signIn.email);
    expect((await read('&failure=true')).body.items).toHaveLength(1);
    expect((await read(`&type=user.login&actorId=${id}`)).body.items).toHaveLength(1);
    expect((await read('&before=2020-01-01T00:00:00Z')).body.items).toEqual([]);
    expect((await read('&from=2020-01-01T00:00:00Z&limit=1')).body).toMatchObject({
      items: [{ userId: id }],
      next: expect.any(String) as string,
    });
    expect((await read('&type=contract.signed')).body).toMatchObject({ status: 400, code: 'validation_failed' });
    expect((await identity.request('/api/auth/audit-logs', { role: 'SALES' })).status).toBe(401);
  });
});
