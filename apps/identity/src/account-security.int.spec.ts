import { randomUUID } from 'node:crypto';
import { hash as bcrypt } from 'bcryptjs';
import { Secret, TOTP } from 'otpauth';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandResult } from '#libs/http/src/command-result.js';
import type { ProblemBody } from '#libs/http/src/problem.js';
import { eventually } from '#libs/testing/src/eventually.js';
import type { TestRequest } from '#libs/testing/src/test-app.js';
import { expectGoldenShape } from '../../../test/golden/golden-events.js';
import type { SessionTokens } from './auth.dto.js';
import { leastRefusalMs } from './passwords.js';
import type { ResetLinkView } from './passwords.dto.js';
import { type IdentityApp, startIdentityApp } from './spec-identity.js';
import { holdRows } from './spec-locks.js';

let identity: IdentityApp;
let administrator: string;
const secrets: string[] = [];

beforeAll(async () => {
  identity = await startIdentityApp();
  administrator = (await login(identity.administrator)).body.accessToken;
});

afterAll(() => identity.close());

interface SignIn {
  readonly email: string;
  readonly password: string;
  readonly code?: string;
}

const login = (body: SignIn, headers = {}) =>
  identity.request<SessionTokens & ProblemBody>('/api/auth/login', { body, headers });
const call = <Body = CommandResult & ProblemBody>(path: string, request: TestRequest = {}) =>
  identity.request<Body>(path, { token: administrator, ...request });

async function person(role = 'SALES', more: object = {}) {
  const signIn = { email: `${randomUUID()}@people.example`, password: `secret ${randomUUID()}` };
  const { email, password } = signIn;
  const { status, body } = await call('/api/auth/users', { body: { email, password, name: 'Sato', role, ...more } });
  expect(status).toBe(201);
  secrets.push(password);
  return { id: body.id, signIn };
}

async function query(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const database = new Client(identity.databaseUrls.get('identity'));
  await database.connect();
  try {
    return (await database.query<Record<string, unknown>>(sql, values)).rows;
  } finally {
    await database.end();
  }
}

const ofUser = async (id: string, ...types: string[]) =>
  (await identity.log(...types)).filter(({ data }) => (data as { userId?: unknown }).userId === id);

describe('refused sign-ins', () => {
  it('lock an address, known or not, and say so alike', async () => {
    const { id, signIn } = await person();
    const answers = async (email: string) => {
      const attempts = [];
      for (let attempt = 0; attempt < 6; attempt++) {
        const { status, body } = await login({ email, password: `wrong ${attempt}` });
        attempts.push([status, body.code]);
      }
      return attempts;
    };
    const refused = [401, 'sign_in_refused'];
    const known = await answers(signIn.email);
    expect(known).toEqual([refused, refused, refused, refused, refused, [429, 'sign_in_locked']]);
    expect(await answers(`${randomUUID()}@nobody.example`)).toEqual(known);

    const locked = await login(signIn);
    expect(locked.status).toBe(429);
    expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(0);
    const events = await ofUser(id, 'user.login_failed', 'user.locked');
    expect(events.map(({ type }) => type)).toEqual([...Array<string>(5).fill('user.login_failed'), 'user.locked']);
    for (const event of events) expectGoldenShape(event);
    expect(events[0]?.metadata.actor.ip).toBe('127.0.0.1');
    expect(events.filter(({ metadata }) => metadata.fingerprint !== undefined)).toEqual([]);

    expect((await call(`/api/auth/users/${id}/unlock`, { method: 'POST' })).status).toBe(200);
    expect((await login(signIn)).status).toBe(200);
    const nobody = await call(`/api/auth/users/${randomUUID()}/unlock`, { method: 'POST' });
    expect(nobody.body).toMatchObject({ status: 404, code: 'user_not_found' });
  });

  it('take their time, whatever was wrong', async () => {
    const [{ signIn }, brought] = [
      await person(),
      await person('SALES', { password: undefined, passwordHash: await bcrypt('brought along', 4) }),
    ];
    const unknown = { email: `${randomUUID()}@nobody.example`, password: 'wrong' };
    const locked = `${randomUUID()}@nobody.example`;
    const lock = Array.from({ length: 5 }, () => login({ email: locked, password: 'wrong' }));
    await Promise.all(lock);
    for (const attempt of [unknown, signIn, brought.signIn, { ...unknown, email: locked }]) {
      const started = performance.now();
      const { status } = await login({ ...attempt, password: 'wrong' });
      expect(status).toBe(attempt.email === locked ? 429 : 401);
      // A timer may be early by a millisecond.
      expect((performance.now() - started + 1) / leastRefusalMs).toBeGreaterThan(1);
    }
  });

  it('count one by one, also when many come at once with one Idempotency-Key', async () => {
    const { id, signIn } = await person();
    const headers = { 'idempotency-key': 'always-the-same' };
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => login({ ...signIn, password: `guess ${index}` }, headers)),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
    expect(await ofUser(id, 'user.login_failed')).toHaveLength(5);
  });
});

describe('a password from another system', () => {
  it('is good as a bcrypt hash, which gives way to ours at the first sign-in', async () => {
    const password = 'brought along 世界';
    const { id, signIn } = await person('SALES', { password: undefined, passwordHash: await bcrypt(password, 4) });
    const stored = async () => (await query('select password_hash from credentials where user_id = $1', [id]))[0];
    expect(await stored()).toMatchObject({ password_hash: expect.stringMatching(/^\$2b\$04\$/) as string });
    expect((await login({ ...signIn, password: 'another' })).status).toBe(401);
    expect((await login({ ...signIn, password })).status).toBe(200);
    expect(await stored()).toMatchObject({ password_hash: expect.stringMatching(/^\$argon2id\$/) as string });
    expect((await login({ ...signIn, password })).status).toBe(200);
  });

  it('must be bcrypt, at a cost that can be borne', async () => {
    for (const passwordHash of ['plain', `$2b$16$${'a'.repeat(53)}`]) {
      const body = { email: 'x@people.example', name: 'X', role: 'SALES', passwordHash };
      const answer = await call('/api/auth/users', { body });
      expect(answer.body).toMatchObject({ status: 400, errors: [{ pointer: '/passwordHash' }] });
    }
  });
});

describe('a new password', () => {
  const change = (token: string, body: object, headers = {}) =>
    identity.request<SessionTokens & ProblemBody>('/api/auth/me/password', { method: 'PUT', token, body, headers });

  it('ends every session and starts one, once for one Idempotency-Key', async () => {
    const { id, signIn } = await person();
    const [mine, other] = [(await login(signIn)).body, (await login(signIn)).body];
    const newPassword = `new ${randomUUID()}`;
    secrets.push(newPassword);
    const headers = { 'idempotency-key': randomUUID() };
    const changed = await change(mine.accessToken, { currentPassword: signIn.password, newPassword }, headers);
    expect(changed.status).toBe(200);
    expect((await login({ ...signIn, password: newPassword })).status).toBe(200);
    expect((await login(signIn)).status).toBe(401);
    for (const { refreshToken } of [mine, other]) {
      const refreshed = await identity.request('/api/auth/refresh', { body: { refreshToken } });
      expect(refreshed.status).toBe(401);
    }
    await eventually(
      async () => {
        for (const { accessToken } of [mine, other]) {
          expect((await identity.request('/api/auth/me', { token: accessToken })).status).toBe(401);
        }
      },
      { timeoutMs: 1_000 },
    );
    expect((await identity.request('/api/auth/me', { token: changed.body.accessToken })).status).toBe(200);
    const events = await ofUser(id, 'user.password_changed', 'session.revoked');
    expect(events.filter(({ type }) => type === 'user.password_changed')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'session.revoked')).toHaveLength(2);
    for (const event of events) expectGoldenShape(event);
    const again = await change(
      changed.body.accessToken,
      { currentPassword: signIn.password, newPassword: 'yet another one' },
      headers,
    );
    expect(again.status).toBe(200);
    expect((await login({ ...signIn, password: newPassword })).status).toBe(200);
  });

  it('needs the current one, and length', async () => {
    const { signIn } = await person();
    const { accessToken } = (await login(signIn)).body;
    const wrong = await change(accessToken, { currentPassword: 'wrong', newPassword: 'long enough for us' });
    expect(wrong.body).toMatchObject({ status: 403, code: 'current_password_wrong' });
    const short = await change(accessToken, { currentPassword: signIn.password, newPassword: 'short' });
    expect(short.body).toMatchObject({ status: 400, errors: [{ pointer: '/newPassword' }] });
  });
});

describe('a one-time link', () => {
  const makeLink = (id: string, headers = {}) =>
    call<ResetLinkView & ProblemBody>(`/api/auth/users/${id}/password-reset`, { method: 'POST', headers });
  const reset = (token: string, newPassword = 'set by a link', headers = {}) =>
    identity.request<ProblemBody>('/api/auth/password-reset', { body: { token, newPassword }, headers });

  it('sets a password once, ends all sessions and lifts a lock', async () => {
    const { id, signIn } = await person();
    const { accessToken } = (await login(signIn)).body;
    for (let attempt = 0; attempt < 5; attempt++) await login({ ...signIn, password: 'forgotten' });
    expect((await login(signIn)).status).toBe(429);
    const { status, headers, body } = await makeLink(id);
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(body.url).toBe(`http://127.0.0.1:3000/set-password#${body.token}`);
    secrets.push(body.token);
    const key = { 'idempotency-key': randomUUID() };
    expect((await reset(body.token, 'another password', { ...key, 'if-match': '"0"' })).status).toBe(412);
    expect(await query('select 1 from pending_passwords where user_id = $1', [id])).toEqual([]);
    expect((await reset(body.token, 'set by a link', key)).status).toBe(204);
    expect((await reset(body.token, 'set by a link', key)).status).toBe(204);
    expect((await reset(body.token)).body).toMatchObject({ status: 404, code: 'reset_link_invalid' });
    expect((await login({ ...signIn, password: 'set by a link' })).status).toBe(200);
    await eventually(async () => {
      expect((await identity.request('/api/auth/me', { token: accessToken })).status).toBe(401);
    });
    const [requested, changed, ...others] = await ofUser(id, 'user.password_reset_requested', 'user.password_changed');
    expect(others).toEqual([]);
    expectGoldenShape(requested!);
    expect(changed).toMatchObject({ data: { how: 'reset' }, metadata: { actor: { id } } });
  });

  it('is the same for a repeated request, and replaces the one before', async () => {
    const { id } = await person();
    const headers = { 'idempotency-key': randomUUID() };
    const [first, again] = [await makeLink(id, headers), await makeLink(id, headers)];
    expect(again.body).toEqual(first.body);
    const newer = await makeLink(id);
    expect((await reset(first.body.token)).status).toBe(404);
    expect((await reset(newer.body.token)).status).toBe(204);
    expect((await makeLink(randomUUID())).body).toMatchObject({ status: 404, code: 'user_not_found' });
  });

  it('leads to a page in the language of its reader, which keeps the token to itself', async () => {
    const page = (language: string) =>
      identity.request<string>('/set-password', { headers: { 'accept-language': language } });
    const [ja, en] = [await page('ja-JP'), await page('de')];
    expect([ja.status, ja.headers.get('referrer-policy'), ja.headers.get('cache-control')]).toEqual([
      200,
      'no-referrer',
      'no-store',
    ]);
    expect(ja.body).toContain('新しいパスワード');
    expect(en.body).toContain('New password');
    for (const path of ['page.js', 'page.css']) {
      expect(en.body).toContain(`/set-password/${path}`);
      expect((await identity.request(`/set-password/${path}`)).status).toBe(200);
    }
  });

  it('expires', async () => {
    const { id } = await person();
    const { body } = await makeLink(id);
    await query('update password_resets set expires_at = now() where user_id = $1', [id]);
    expect((await reset(body.token)).body).toMatchObject({ status: 404, code: 'reset_link_invalid' });
  });
});

describe('a second factor', () => {
  const mine = <Body = ProblemBody>(token: string, path: string, body?: object) =>
    identity.request<Body>(`/api/auth/me/second-factor${path}`, { method: 'POST', token, ...(body && { body }) });
  const codeOf = (seed: string, steps = 0) =>
    new TOTP({ secret: Secret.fromBase32(seed) }).generate({ timestamp: Date.now() + steps * 30_000 });

  async function withoutFactor() {
    const { id, signIn } = await person();
    return { id, signIn, accessToken: (await login(signIn)).body.accessToken, seed: undefined };
  }

  async function withFactor() {
    const { id, signIn, accessToken } = await withoutFactor();
    return { id, signIn, accessToken, ...(await addFactor(accessToken)) };
  }

  async function addFactor(accessToken: string) {
    const { seed, uri } = (await mine<{ seed: string; uri: string }>(accessToken, '')).body;
    expect(uri).toMatch(/^otpauth:\/\/totp\/Keiyaku:/);
    secrets.push(seed);
    // The code of the step before, so that those of this step and the next one are left.
    const { status, body } = await mine<{ recoveryCodes: string[] }>(accessToken, '/confirm', {
      code: codeOf(seed, -1),
    });
    expect(status).toBe(200);
    secrets.push(...body.recoveryCodes);
    return { seed, recoveryCodes: body.recoveryCodes };
  }

  it('is asked for after the password, and each code is good once', async () => {
    const { id, signIn, seed } = await withFactor();
    expect((await login(signIn)).body).toMatchObject({ status: 401, code: 'second_factor_required' });
    expect((await login({ ...signIn, code: '000000' })).body).toMatchObject({
      status: 401,
      code: 'second_factor_refused',
    });
    const code = codeOf(seed);
    const headers = { 'idempotency-key': randomUUID() };
    expect((await login({ ...signIn, code }, headers)).status).toBe(200);
    expect((await login({ ...signIn, code }, headers)).status).toBe(200);
    expect((await login({ ...signIn, code })).body.code).toBe('second_factor_refused');
    const failed = await ofUser(id, 'user.login_failed');
    expect(failed.map(({ data }) => (data as { reason: string }).reason)).toEqual(['wrong_code', 'wrong_code']);
  });

  it('can be stood in for by each recovery code once', async () => {
    const { id, signIn, recoveryCodes } = await withFactor();
    expect(new Set(recoveryCodes).size).toBe(10);
    const [code = ''] = recoveryCodes;
    const answers = await Promise.all([login({ ...signIn, code }), login({ ...signIn, code })]);
    expect(answers.map(({ status }) => status).toSorted(ascending)).toEqual([200, 401]);
    const [used, ...others] = await ofUser(id, 'user.recovery_code_used');
    expect(others).toEqual([]);
    expect(used?.data).toEqual({ userId: id, remaining: 9 });
  });

  it('is given up with a code, or taken away by an administrator', async () => {
    const { signIn, accessToken, seed } = await withFactor();
    expect((await mine(accessToken, '')).body).toMatchObject({ status: 409, code: 'second_factor_is_on' });
    expect((await mine(accessToken, '/disable', { code: '000000' })).body.code).toBe('second_factor_refused');
    expect((await mine(accessToken, '/disable', { code: codeOf(seed) })).status).toBe(200);
    expect((await login(signIn)).status).toBe(200);
    const other = await withFactor();
    expect((await call(`/api/auth/users/${other.id}/second-factor`, { method: 'DELETE' })).status).toBe(200);
    expect((await login(other.signIn)).status).toBe(200);
  });

  it('that came after the one that was taken away stays, when that request comes again', async () => {
    const { id, signIn, accessToken } = await withFactor();
    const headers = { 'idempotency-key': randomUUID() };
    const remove = () => call(`/api/auth/users/${id}/second-factor`, { method: 'DELETE', headers });
    const first = await remove();
    expect(first.status).toBe(200);
    const { seed } = await addFactor(accessToken);
    expect((await remove()).body).toEqual(first.body);
    expect((await login({ ...signIn, code: codeOf(seed) })).status).toBe(200);
  });

  it('that is given up, or was never there, gives no new count to whoever guesses at the password', async () => {
    for (const { signIn, accessToken, seed } of [await withoutFactor(), await withFactor()]) {
      const guess = () => {
        const body = { currentPassword: 'a guess', newPassword: 'long enough for us' };
        return identity.request<ProblemBody>('/api/auth/me/password', { method: 'PUT', token: accessToken, body });
      };
      for (let attempt = 0; attempt < 4; attempt++) expect((await guess()).status).toBe(403);
      const code = seed === undefined ? '000000' : codeOf(seed);
      expect((await mine(accessToken, '/disable', { code })).status).toBe(200);
      expect((await guess()).status).toBe(403);
      expect((await guess()).body).toMatchObject({ status: 429, code: 'sign_in_locked' });
      expect((await login(signIn)).status).toBe(429);
    }
  });

  it('is the one that was confirmed, whatever is begun at the same moment', async () => {
    const { id, signIn } = await person();
    const { accessToken } = (await login(signIn)).body;
    const { seed } = (await mine<{ seed: string }>(accessToken, '')).body;
    const held = await holdRows(identity.databaseUrls.get('identity'), 'second_factors', id);
    const confirmed = mine<{ recoveryCodes: string[] }>(accessToken, '/confirm', { code: codeOf(seed, -1) });
    await held.waitedFor();
    const begun = mine<{ seed: string }>(accessToken, '');
    await held.waitedFor(2);
    await held.release();
    expect((await confirmed).status).toBe(200);
    secrets.push(seed, (await begun).body.seed, ...(await confirmed).body.recoveryCodes);
    expect((await login({ ...signIn, code: codeOf(seed) })).status).toBe(200);
  });

  it('counts only once a code of its seed was confirmed', async () => {
    const { signIn } = await person();
    const { accessToken } = (await login(signIn)).body;
    const early = await mine(accessToken, '/confirm', { code: '123456' });
    expect(early.body).toMatchObject({ status: 409, code: 'second_factor_not_begun' });
    await mine(accessToken, '');
    expect((await mine(accessToken, '/confirm', { code: '000000' })).body.code).toBe('second_factor_refused');
    expect((await login(signIn)).status).toBe(200);
  });
});

it('keeps all these secrets out of the log, the journal and the tables', async () => {
  const asText = (value: unknown) =>
    JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? each.toString() : each));
  const tables = await query(
    `select (select jsonb_agg(c) from credentials c) c, (select jsonb_agg(r) from password_resets r) r,
       (select jsonb_agg(s) from second_factors s) s, (select jsonb_agg(k) from api_key_secrets k) k`,
  );
  const places = { events: asText(await identity.log()), journal: identity.logLines.join(''), tables: asText(tables) };
  expect(secrets.length).toBeGreaterThan(20);
  for (const [place, content] of Object.entries(places)) {
    const found = secrets.filter((secret) => content.includes(secret));
    expect({ place, found: found.length }).toEqual({ place, found: 0 });
  }
});

function ascending(a: number, b: number): number {
  return a - b;
}
