import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { CommandResult } from '#libs/http/src/command-result.js';
import type { ProblemBody } from '#libs/http/src/problem.js';
import { choosePort } from '#libs/local-stack/src/ports.js';
import { startBrowser } from '#libs/testing/src/browser.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { startTcpProxy } from '#libs/testing/src/tcp-proxy.js';
import type { SessionTokens } from './auth.dto.js';
import type { ResetLinkView } from './passwords.dto.js';
import { type IdentityApp, startIdentityApp } from './spec-identity.js';
import { emptyPlace, readSignIn, spawnMain, timeout } from './spec-identity-process.js';
import { holdTable } from './spec-locks.js';

let identity: IdentityApp;
let administrator: string;

beforeAll(async () => {
  identity = await startIdentityApp();
  administrator = (await login(identity.administrator)).body.accessToken;
});

afterAll(() => identity.close());

const login = ({ email, password }: { email: string; password: string }) =>
  identity.request<SessionTokens & ProblemBody>('/api/auth/login', { body: { email, password } });
const change = (token: string, body: object, headers = {}) =>
  identity.request<SessionTokens & ProblemBody>('/api/auth/me/password', { method: 'PUT', token, body, headers });
const ofUser = async (id: string, type: string) =>
  (await identity.log(type)).filter(({ data }) => (data as { userId?: unknown }).userId === id);

const makeLink = async (id: string) => {
  const path = `/api/auth/users/${id}/password-reset`;
  return (await identity.request<ResetLinkView>(path, { method: 'POST', token: administrator })).body;
};

async function person() {
  const signIn = { email: `${randomUUID()}@people.example`, password: `secret ${randomUUID()}` };
  const body = { ...signIn, name: 'Sato', role: 'SALES' };
  const made = await identity.request<CommandResult>('/api/auth/users', { token: administrator, body });
  return { id: made.body.id, ...signIn };
}

it(
  'a change of a password that is killed on its way is whole or was none, and its repetition ends it',
  async () => {
    const place = await emptyPlace();
    const port = await choosePort();
    const jwks = `http://127.0.0.1:${port}/api/auth/.well-known/jwks.json`;
    const env = { ...place.env, PORT: `${port}`, JWKS_URL: jwks };
    const proxy = await startTcpProxy(Number(new URL(place.env['EVENTSTORE_URL'] ?? '').port));
    onTestFinished(() => proxy.close());
    const throughProxy = { ...env, EVENTSTORE_URL: `esdb://127.0.0.1:${proxy.port}?tls=false` };

    const database = place.env['IDENTITY_DATABASE_URL'];

    const call = async (path: string, method: string, body?: object, token?: string, key?: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/api/auth/${path}`, {
        method,
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(key !== undefined && { 'idempotency-key': key }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as SessionTokens };
    };
    const login = (password: string) => call('login', 'POST', { email, password });
    const passwordChanges = async () => (await place.log()).filter(({ type }) => type === 'user.password_changed');

    const first = spawnMain(throughProxy);
    await first.url();
    const { email, password } = readSignIn(place.file);
    const [mine, other] = [(await login(password)).body, (await login(password)).body];
    const newPassword = `new ${randomUUID()}`;
    const key = randomUUID();
    const change = (token: string) =>
      call('me/password', 'PUT', { currentPassword: password, newPassword }, token, key).catch(() => 'no answer');

    // Killed when the new hash is stored and the event is not.
    let held = await holdTable(database, 'pending_passwords');
    let answer = change(mine.accessToken);
    await held.waitedFor();
    proxy.lose('requests');
    await held.release();
    await eventually(async () => expect(await place.query('select 1 from pending_passwords')).toHaveLength(1));
    await first.kill();
    expect(await answer).toBe('no answer');

    const second = spawnMain(env);
    await second.url();
    expect(await passwordChanges()).toEqual([]);
    expect((await login(password)).status).toBe(200);
    expect((await login(newPassword)).status).toBe(401);
    expect((await call('me', 'GET', undefined, other.accessToken)).status).toBe(200);

    // Killed when the event is stored and the new hash has not taken the place of the old one.
    held = await holdTable(database, 'credentials');
    answer = change(mine.accessToken);
    await held.waitedFor();
    expect(await passwordChanges()).toHaveLength(1);
    await second.kill();
    expect(await answer).toBe('no answer');
    await held.release();

    await spawnMain(env).url();
    expect((await login(password)).status).toBe(401);
    const signedIn = await login(newPassword);
    expect(signedIn.status).toBe(200);
    expect(await place.query('select version from credentials')).toEqual([{ version: 2 }]);
    expect(await place.query('select 1 from pending_passwords')).toEqual([]);
    for (const { accessToken, refreshToken } of [mine, other]) {
      expect((await call('refresh', 'POST', { refreshToken })).status).toBe(401);
      await eventually(async () => expect((await call('me', 'GET', undefined, accessToken)).status).toBe(401));
    }
    expect(await change(signedIn.body.accessToken)).toMatchObject({ status: 200 });
    expect(await passwordChanges()).toHaveLength(1);
  },
  timeout,
);

describe('changes at the same moment', () => {
  it('leaves no session to whoever signs in with the old one meanwhile', async () => {
    const { id, ...signIn } = await person();
    const { accessToken } = (await login(signIn)).body;
    const database = identity.databaseUrls.get('identity');
    const changes = (currentPassword: string, newPassword: string) =>
      change(accessToken, { currentPassword, newPassword });
    const goneSoon = (token: string) =>
      eventually(async () => expect((await identity.request('/api/auth/me', { token })).status).toBe(401));

    // A session that begins while the new password is on its way, and so after the request for it.
    let held = await holdTable(database, 'pending_passwords');
    const changed = changes(signIn.password, 'the second password');
    await held.waitedFor();
    const early = await login(signIn);
    await held.release();
    expect([(await changed).status, early.status]).toEqual([200, 200]);
    await goneSoon(early.body.accessToken);

    // One that begins when the new password is there, of somebody who has proved the old one before.
    held = await holdTable(database, 'refresh_tokens');
    const late = login({ ...signIn, password: 'the second password' });
    await held.waitedFor();
    const link = await makeLink(id);
    const reset = identity.request('/api/auth/password-reset', {
      body: { token: link.token, newPassword: 'the third password' },
    });
    await eventually(async () => expect(await ofUser(id, 'user.password_changed')).toHaveLength(2));
    await held.release();
    expect((await reset).status).toBe(204);
    expect((await late).body).toMatchObject({ status: 401, code: 'sign_in_refused' });
    const [newest] = (await ofUser(id, 'user.login')).slice(-1);
    const { sessionId } = newest!.data as { sessionId: string };
    expect((await identity.events(`session-${sessionId}`)).map(({ type }) => type)).toEqual([
      'user.login',
      'session.revoked',
    ]);
  });

  it('is one, when the same request comes twice', async () => {
    const { id, ...signIn } = await person();
    const { accessToken } = (await login(signIn)).body;
    const held = await holdTable(identity.databaseUrls.get('identity'), 'pending_passwords');
    const headers = { 'idempotency-key': randomUUID() };
    const body = { currentPassword: signIn.password, newPassword: 'the same for both' };
    const answers = [0, 1].map(() => change(accessToken, body, headers));
    await held.waitedFor(2);
    await held.release();
    const [one, other] = (await Promise.all(answers)).map(({ status, headers: answered }) => [
      status,
      answered.get('x-event-position'),
    ]);
    expect([one?.[0], one]).toEqual([200, other]);
    expect(await ofUser(id, 'user.password_changed')).toHaveLength(1);
    expect((await login({ ...signIn, password: 'the same for both' })).status).toBe(200);
  });

  it('of two at once is the one that came first', async () => {
    const { id: _id, ...signIn } = await person();
    const { accessToken } = (await login(signIn)).body;
    const held = await holdTable(identity.databaseUrls.get('identity'), 'pending_passwords');
    const passwords = [`one ${randomUUID()}`, `other ${randomUUID()}`];
    const answers = passwords.map((newPassword) =>
      change(accessToken, { currentPassword: signIn.password, newPassword }),
    );
    await held.waitedFor(2);
    await held.release();
    const [one, other] = await Promise.all(answers);
    expect([one!.status, other!.status].toSorted(ascending)).toEqual([200, 409]);
    const lost = one!.status === 409 ? one! : other!;
    expect(lost.body).toMatchObject({
      code: 'password_changed_meanwhile',
      detail: expect.stringContaining('Sign in with the newest one') as string,
    });
    for (const [index, answer] of [one!, other!].entries()) {
      const signedIn = await login({ ...signIn, password: passwords[index]! });
      expect(signedIn.status).toBe(answer.status === 200 ? 200 : 401);
    }
  });
});

describe('a one-time link is good no more once the password was changed', () => {
  const reset = (token: string, newPassword: string, headers: object) =>
    identity.request<ProblemBody>('/api/auth/password-reset', {
      body: { token, newPassword },
      headers: { ...headers },
    });

  it.each([
    ['that was not taken', 'short', {}, 400],
    ['that a refused request has claimed', 'set by a link', { 'if-match': '"0"' }, 412],
  ])('%s', async (_name, firstPassword, headers, refused) => {
    const { id, ...signIn } = await person();
    const { token } = await makeLink(id);
    const key = { 'idempotency-key': randomUUID() };
    expect((await reset(token, firstPassword, { ...key, ...headers })).status).toBe(refused);
    const { accessToken } = (await login(signIn)).body;
    const newPassword = 'changed by its owner';
    expect((await change(accessToken, { currentPassword: signIn.password, newPassword })).status).toBe(200);
    const answer = await reset(token, 'set by a link', key);
    expect(answer.body).toMatchObject({ status: 404, code: 'reset_link_invalid' });
    expect((await login({ ...signIn, password: newPassword })).status).toBe(200);
  });
});

it('the page behind a one-time link sends the same request again when no answer came', async () => {
  const { id, ...signIn } = await person();
  const { token } = await makeLink(id);
  const browser = await startBrowser();
  onTestFinished(() => browser.close());
  const page = await browser.newPage({ locale: 'en' });
  const keys: (string | undefined)[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') keys.push(request.headers()['idempotency-key']);
  });
  // The first request is carried out, and its answer is lost.
  await page.route(
    '**/api/auth/password-reset',
    async (route) => {
      await route.fetch();
      await route.abort();
    },
    { times: 1 },
  );
  await page.goto(`${identity.url}/set-password#${token}`);
  await page.locator('#password').fill('set on the page');
  await page.locator('#again').fill('set on the page');
  await page.locator('#save').click();
  await page.locator('#trouble').waitFor();
  await page.locator('#save').click();
  await page.locator('#done').waitFor();
  expect(await page.locator('#done').innerText()).toContain('Your password is set.');
  expect(keys).toEqual([expect.stringMatching(/^\d+(-\d+){3}$/), keys[0]]);
  expect((await login({ ...signIn, password: 'set on the page' })).status).toBe(200);
  expect(await ofUser(id, 'user.password_changed')).toHaveLength(1);
});

function ascending(a: number, b: number): number {
  return a - b;
}
