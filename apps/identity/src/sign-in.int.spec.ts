import { JwtService } from '@nestjs/jwt';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { ProblemBody } from '#libs/http/src/problem.js';
import { eventually } from '#libs/testing/src/eventually.js';
import type { TestRequest } from '#libs/testing/src/test-app.js';
import { type IdentityApp, startIdentityApp } from './spec-identity.js';
import type { SessionTokens } from './auth.dto.js';
import { SigningKeys } from './signing-keys.js';

let identity: IdentityApp;
const administratorId = stableId('first-administrator');
const secrets: string[] = [];

beforeAll(async () => {
  identity = await startIdentityApp();
  secrets.push(identity.administrator.password, process.env['ENCRYPTION_KEY'] ?? '');
});

afterAll(() => identity.close());

async function login(request: TestRequest = {}): Promise<SessionTokens & { sessionId: string }> {
  const { status, body } = await identity.request<SessionTokens>('/api/auth/login', {
    body: identity.administrator,
    ...request,
  });
  expect(status).toBe(200);
  return remembered(body);
}

function remembered(tokens: SessionTokens): SessionTokens & { sessionId: string } {
  secrets.push(tokens.accessToken, tokens.refreshToken);
  const { sid } = new JwtService().decode<{ sid: string }>(tokens.accessToken);
  return { ...tokens, sessionId: sid };
}

const refresh = (refreshToken: string, headers: Record<string, string> = {}) =>
  identity.request<SessionTokens & ProblemBody>('/api/auth/refresh', { body: { refreshToken }, headers });
const logout = (token: string) => identity.request('/api/auth/logout', { method: 'POST', token });
const me = (token?: string) => identity.request('/api/auth/me', token === undefined ? {} : { token });

async function typesOf(sessionId: string): Promise<readonly string[]> {
  return (await identity.events(`session-${sessionId}`)).map(({ type }) => type);
}

async function query(sql: string, values: unknown[]): Promise<unknown[]> {
  const database = new Client(identity.databaseUrls.get('identity'));
  await database.connect();
  try {
    return (await database.query<object>(sql, values)).rows;
  } finally {
    await database.end();
  }
}

describe('signing in', () => {
  it('answers tokens and the user, and records who signed in from where', async () => {
    const response = await identity.request<SessionTokens>('/api/auth/login', { body: identity.administrator });
    const { sessionId, ...tokens } = remembered(response.body);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(tokens).toEqual({
      accessToken: expect.any(String) as unknown,
      expiresIn: 900,
      refreshToken: expect.stringMatching(/^[\w-]{43}$/) as unknown,
      user: { id: administratorId, email: 'Admin@keiyaku.example', name: 'Administrator', role: 'ADMIN' },
    });
    const [event, ...others] = await identity.events(`session-${sessionId}`);
    expect(others).toEqual([]);
    expect(event?.type).toBe('user.login');
    expect(event?.metadata.actor).toEqual({ id: administratorId, role: 'ADMIN', ip: '127.0.0.1' });
    const occurredAt = Date.parse(event?.metadata.occurredAt ?? '');
    const expiresAt = new Date(occurredAt + 14 * 86_400_000).toISOString();
    expect(event?.data).toEqual({ sessionId, userId: administratorId, expiresAt });
    expect(response.headers.get('x-event-position')).toBe(String(event?.position));
  });

  it('finds the mail in whatever case it is written', async () => {
    const { email, password } = identity.administrator;
    expect((await login({ body: { email: ` ${email.toUpperCase()}`, password } })).user.id).toBe(administratorId);
  });

  it('makes a session each time, and one for repeats of the same request', async () => {
    const headers = { 'idempotency-key': 'sign-in-1' };
    const [first, second, other] = [await login({ headers }), await login({ headers }), await login()];
    expect(second.sessionId).toBe(first.sessionId);
    expect(other.sessionId).not.toBe(first.sessionId);
    expect(await typesOf(first.sessionId)).toEqual(['user.login']);
    expect((await refresh(second.refreshToken)).status).toBe(200);
  });

  it('answers an unknown mail and a wrong password alike, and stores that they were refused', async () => {
    const before = await identity.log();
    const attempt = async (body: object) => {
      const headers = { 'x-correlation-id': 'the-same-for-both' };
      const response = await identity.request('/api/auth/login', { body, headers });
      return { status: response.status, body: response.body };
    };
    const { email, password } = identity.administrator;
    const wrong = await attempt({ email, password: `${password}x` });
    expect(wrong).toMatchObject({
      status: 401,
      body: { code: 'sign_in_refused', detail: expect.stringContaining('mail and password') as unknown },
    });
    expect(await attempt({ email: 'nobody@keiyaku.example', password })).toEqual(wrong);
    for (const unstorable of [
      { email: `${email}\0`, password },
      { email, password: `${password}\0` },
    ]) {
      expect(await attempt(unstorable)).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    }
    expect(await attempt({ email: `' or 1=1 --`, password: `' or 1=1 --` })).toEqual(wrong);
    const after = (await identity.log()).slice(before.length).map(({ type }) => type);
    expect(after).toEqual(Array(3).fill('user.login_failed'));
  });

  it.each<[string, unknown, string[]]>([
    ['nothing', {}, ['/email', '/password']],
    ['an empty password', { email: 'a@b.c', password: '' }, ['/password']],
    ['no texts', { email: { $ne: '' }, password: ['a'] }, ['/email', '/password']],
    ['an oversized mail', { email: 'a'.repeat(321), password: 'a' }, ['/email']],
    ['an oversized password', { email: 'a@b.c', password: 'a'.repeat(1025) }, ['/password']],
    ['an unknown property', { email: 'a@b.c', password: 'a', role: 'ADMIN' }, ['/role']],
  ])('names the wrong fields of %s', async (_name, body, pointers) => {
    const response = await identity.request<ProblemBody>('/api/auth/login', { body });
    expect(response.status).toBe(400);
    expect(response.body.code).toBe('validation_failed');
    const errors = response.body['errors'] as { pointer: string }[];
    expect([...new Set(errors.map(({ pointer }) => pointer))]).toEqual(pointers);
  });

  it('refuses malformed JSON', async () => {
    const response = await identity.request('/api/auth/login', { body: '{"email":' });
    expect(response).toMatchObject({ status: 400, body: { code: 'malformed_json' } });
  });
});

describe('refreshing', () => {
  it('exchanges a token for new ones of the same session', async () => {
    const first = await login();
    const second = remembered((await refresh(first.refreshToken)).body);
    expect(second.sessionId).toBe(first.sessionId);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect((await me(second.accessToken)).status).toBe(200);
    const third = await refresh(second.refreshToken);
    expect(third.status).toBe(200);
    remembered(third.body);
    const events = await identity.events(`session-${first.sessionId}`);
    expect(events.slice(1).map(({ type, data, metadata }) => ({ type, data, actor: metadata.actor }))).toEqual(
      [1, 2].map((generation) => ({
        type: 'session.refreshed',
        data: { sessionId: first.sessionId, userId: administratorId, generation },
        actor: { id: administratorId, role: 'ADMIN', ip: '127.0.0.1' },
      })),
    );
  });

  it('ends the session when a used token comes back, for the newest token too', async () => {
    const first = await login();
    const second = remembered((await refresh(first.refreshToken)).body);
    const ended = { status: 401, body: { code: 'session_ended' } };
    expect(await refresh(first.refreshToken)).toMatchObject(ended);
    expect(await refresh(second.refreshToken)).toMatchObject(ended);
    expect(await typesOf(first.sessionId)).toEqual(['user.login', 'session.refreshed', 'session.reuse_detected']);
  });

  it('lets one of two exchanges at once win and ends the session', async () => {
    const { refreshToken, sessionId } = await login();
    const answers = await Promise.all([refresh(refreshToken), refresh(refreshToken)]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 401]));
    expect(await typesOf(sessionId)).toEqual(['user.login', 'session.refreshed', 'session.reuse_detected']);
    const winner = answers.find(({ status }) => status === 200);
    expect((await refresh(winner?.body.refreshToken ?? '')).body.code).toBe('session_ended');
  });

  it('repeats an exchange whose answer was lost, with its Idempotency-Key', async () => {
    const { refreshToken, sessionId } = await login();
    const headers = { 'idempotency-key': 'refresh-1' };
    await refresh(refreshToken, headers);
    const repeated = await refresh(refreshToken, headers);
    expect(repeated.status).toBe(200);
    expect(await typesOf(sessionId)).toEqual(['user.login', 'session.refreshed']);
    const next = await refresh(repeated.body.refreshToken);
    expect(next.status).toBe(200);
    expect((await refresh(next.body.refreshToken, headers)).body.code).toBe('idempotency_key_reused');
  });

  it('repeats nothing of a session that has ended', async () => {
    const [signInKey, refreshKey] = [{ 'idempotency-key': 'ended-1' }, { 'idempotency-key': 'ended-2' }];
    const { accessToken, refreshToken, sessionId } = await login({ headers: signInKey });
    expect((await refresh(refreshToken, refreshKey)).status).toBe(200);
    await logout(accessToken);
    expect(await refresh(refreshToken, refreshKey)).toMatchObject({ status: 401, body: { code: 'session_ended' } });
    const { email, password } = identity.administrator;
    const repeated = await identity.request('/api/auth/login', { body: { email, password }, headers: signInKey });
    expect(repeated).toMatchObject({ status: 401, body: { code: 'session_ended' } });
    expect(await typesOf(sessionId)).toEqual(['user.login', 'session.refreshed', 'user.logout']);
  });

  it('refuses an expired token', async () => {
    const { refreshToken, sessionId } = await login();
    await query(`update refresh_tokens set expires_at = now() where session_id = $1`, [sessionId]);
    expect(await refresh(refreshToken)).toMatchObject({ status: 401, body: { code: 'refresh_token_invalid' } });
    expect(await typesOf(sessionId)).toEqual(['user.login']);
  });

  it.each([
    ['unknown', 'A'.repeat(43), 401, 'refresh_token_invalid'],
    ['with a NUL byte', 'a\0', 400, 'validation_failed'],
    ['oversized', 'a'.repeat(513), 400, 'validation_failed'],
    ['empty', '', 400, 'validation_failed'],
  ])('refuses a token that is %s', async (_name, token, status, code) => {
    expect(await refresh(token)).toMatchObject({ status, body: { code } });
  });

  it('clears tokens that have expired', async () => {
    const { sessionId } = await login();
    await query(`update refresh_tokens set expires_at = now() - interval '1 s' where session_id = $1`, [sessionId]);
    await login();
    expect(await query('select 1 from refresh_tokens where session_id = $1', [sessionId])).toEqual([]);
  });
});

describe('signing out', () => {
  it('ends the session once, and nothing continues it', async () => {
    const { accessToken, refreshToken, sessionId } = await login();
    const response = await logout(accessToken);
    expect(response.status).toBe(204);
    await eventually(async () => expect((await me(accessToken)).status).toBe(401), { timeoutMs: 1_000 });
    expect((await logout(accessToken)).status).toBe(401);
    const events = await identity.events(`session-${sessionId}`);
    expect(events.map(({ type }) => type)).toEqual(['user.login', 'user.logout']);
    expect(response.headers.get('x-event-position')).toBe(String(events[1]?.position));
    expect(events[1]?.metadata.actor).toEqual({ id: administratorId, role: 'ADMIN', ip: '127.0.0.1' });
    expect(await refresh(refreshToken)).toMatchObject({ status: 401, body: { code: 'session_ended' } });
    expect(await typesOf(sessionId)).toHaveLength(2);
  });

  it('is not for machine clients', async () => {
    const { token } = await machineToken();
    expect(await logout(token)).toMatchObject({ status: 409, body: { code: 'no_session' } });
  });

  it('needs a session that the log knows', async () => {
    const token = signed({ sid: '018f0000-0000-7000-8000-000000000000' });
    expect(await logout(token)).toMatchObject({ status: 404, body: { code: 'session_not_found' } });
  });
});

describe('me', () => {
  it('answers the user', async () => {
    const { accessToken, user } = await login();
    expect(await me(accessToken)).toMatchObject({ status: 200, body: user });
  });

  it('answers the machine client', async () => {
    const { token } = await machineToken();
    expect((await me(token)).body).toEqual({ id: 'crm', name: 'The CRM', role: 'SERVICE' });
  });

  it.each<[string, () => string | undefined]>([
    ['no token', () => undefined],
    ['garbage', () => 'a.b.c'],
    ['an expired token', () => signed({}, -60)],
    ['a token signed with another key', () => identity.token()],
    ['a token of a user whom the log does not know', () => signed({ sub: 'nobody', sid: 'nothing' })],
  ])('refuses %s', async (_name, token) => {
    expect(await me(token())).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });
});

it('keeps secrets out of the log, the journal and the tables', async () => {
  const { refreshToken, accessToken } = await login();
  await refresh(refreshToken);
  await logout(accessToken);
  const events = JSON.stringify(await identity.log(), (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  const rows = await query(
    `select jsonb_agg(c) c, (select jsonb_agg(r) from refresh_tokens r) r, (select jsonb_agg(k) from signing_keys k) k
     from credentials c`,
    [],
  );
  const places = { events, journal: identity.logLines.join(''), tables: JSON.stringify(rows) };
  expect(identity.logLines.length).toBeGreaterThan(10);
  secrets.push('BEGIN PRIVATE KEY', identity.client.client_secret);
  for (const [place, content] of Object.entries(places)) {
    const found = secrets.filter((secret) => content.includes(secret));
    expect({ place, found: found.length }).toEqual({ place, found: 0 });
  }
  const logins = await identity.log('user.login');
  expect(logins.filter(({ metadata }) => metadata.fingerprint !== undefined)).toEqual([]);
});

async function machineToken(): Promise<{ token: string }> {
  const body = { grant_type: 'client_credentials', ...identity.client };
  const response = await identity.request<{ access_token: string }>('/api/auth/token', { body });
  secrets.push(response.body.access_token);
  return { token: response.body.access_token };
}

/** A token with identity's own key that identity would not issue. */
function signed(claims: object, expiresIn = 60): string {
  const { kid, key } = identity.app.get(SigningKeys, { strict: false }).current;
  return new JwtService().sign(
    { sub: administratorId, name: 'Administrator', roles: ['ADMIN'], ...claims },
    {
      privateKey: key,
      keyid: kid,
      algorithm: 'ES256',
      issuer: 'keiyaku-identity',
      audience: 'keiyaku-api',
      expiresIn,
    },
  );
}
