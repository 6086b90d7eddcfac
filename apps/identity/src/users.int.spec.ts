import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { CommandResult } from '#libs/http/src/command-result.js';
import type { Page } from '#libs/http/src/paging.js';
import type { ProblemBody } from '#libs/http/src/problem.js';
import { eventually } from '#libs/testing/src/eventually.js';
import type { TestRequest } from '#libs/testing/src/test-app.js';
import { expectGoldenShape } from '../../../test/golden/golden-events.js';
import type { SessionTokens } from './auth.dto.js';
import { administratorsDecider, administratorsId } from './domain/administrators.decider.js';
import { type IdentityApp, startIdentityApp } from './spec-identity.js';
import type { UserView } from './user-list/user-list.dto.js';

let identity: IdentityApp;
let administrator: string;
const firstAdministrator = stableId('first-administrator');

beforeAll(async () => {
  identity = await startIdentityApp();
  administrator = (await login(identity.administrator)).body.accessToken;
});

afterAll(() => identity.close());

const login = ({ email, password }: { email: string; password: string }) =>
  identity.request<SessionTokens & ProblemBody>('/api/auth/login', { body: { email, password } });
const call = <Body = CommandResult & ProblemBody>(path: string, request: TestRequest = {}) =>
  identity.request<Body>(path, { token: administrator, ...request });
const person = (role = 'SALES') => ({ email: `${randomUUID()}@people.example`, name: '佐藤 花子', role });
const create = (body: object, headers = {}) => call('/api/auth/users', { body, headers });
const change = (id: string, body: object, headers = {}) =>
  call(`/api/auth/users/${id}`, { method: 'PUT', body, headers });
const remove = (id: string, query = '', headers = {}) =>
  call(`/api/auth/users/${id}${query}`, { method: 'DELETE', headers });
const typesOf = async (id: string) => (await identity.events(`user-${id}`)).map(({ type }) => type);

async function read({ id, position }: CommandResult) {
  return call<UserView & ProblemBody>(`/api/auth/users/${id}`, { headers: { 'x-await-position': position } });
}

describe('creating a user', () => {
  it('stores who they are, and lets them sign in with the role', async () => {
    const record = person('MANAGER');
    const { status, headers, body } = await create({ ...record, password: 'correct horse battery' });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/auth/users/${body.id}`);
    const [event] = await identity.events(`user-${body.id}`);
    expect(event).toMatchObject({ type: 'user.created', data: { userId: body.id, ...record } });
    expect(event?.metadata.actor.id).toBe(firstAdministrator);
    expect(JSON.stringify(event, (_key, value: unknown) => (typeof value === 'bigint' ? '' : value))).not.toContain(
      'horse',
    );
    const shown = await read(body);
    expect(shown.headers.get('etag')).toBe('"0"');
    expect(shown.body).toMatchObject({ id: body.id, status: 'active', ...record, lastSignInAt: null, revision: 0 });
    const signedIn = await login({ email: record.email.toUpperCase(), password: 'correct horse battery' });
    expect(signedIn.body.user).toEqual({ id: body.id, ...record });
  });

  it('twice with one Idempotency-Key is one user, and one answer', async () => {
    const record = { ...person(), password: 'a password of the first' };
    const headers = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all([create(record, headers), create(record, headers)]);
    const again = await create({ ...record, password: 'another password' }, headers);
    expect([...answers, again].map(({ status, body }) => [status, body])).toEqual(
      Array.from({ length: 3 }, () => [201, answers[0]?.body]),
    );
    expect((await login(record)).status).toBe(200);
    const other = await create({ ...record, name: 'Another' }, headers);
    expect(other.body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  });

  it('of ten at once with one mail address, makes one', async () => {
    const record = person();
    const answers = await Promise.all(Array.from({ length: 10 }, () => create({ ...record, password: undefined })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status === 409);
    expect(refused).toHaveLength(9);
    expect(refused[0]?.body).toMatchObject({ code: 'mail_taken', detail: expect.stringContaining('another address') });
  });

  it("refuses the first administrator's mail, in whatever letters", async () => {
    const email = identity.administrator.email.toLowerCase();
    expect((await create({ ...person(), email })).body).toMatchObject({ status: 409, code: 'mail_taken' });
  });

  it.each<[object, string]>([
    [{ email: 'nobody' }, '/email'],
    [{ name: ' ' }, '/name'],
    [{ role: 'SERVICE' }, '/role'],
    [{ role: 'GOD' }, '/role'],
    [{ password: 'short' }, '/password'],
    [{ id: 'x' }, '/id'],
  ])('names what is wrong with %j', async (wrong, pointer) => {
    const { status, body } = await create({ ...person(), ...wrong });
    expect(status).toBe(400);
    expect((body['errors'] as { pointer: string }[])[0]?.pointer).toBe(pointer);
  });
});

describe('changing a user', () => {
  it('tells what they were before, and moves their sign-in to the new mail address', async () => {
    const before = person();
    const password = 'the same as before';
    const { body } = await create({ ...before, password });
    const after = { ...person('COMPLIANCE'), name: '伊藤 花子' };
    const changed = await change(body.id, after, { 'if-match': '"0"' });
    expect(changed).toMatchObject({ status: 200, body: { revision: 1 } });
    const [, event] = await identity.events(`user-${body.id}`);
    expect(event).toMatchObject({ type: 'user.updated', data: { userId: body.id, ...after, previous: before } });
    expectGoldenShape(event!);
    expect((await read(changed.body)).body).toMatchObject(after);
    await eventually(async () => expect((await login({ email: after.email, password })).status).toBe(200));
    expect((await login({ email: before.email, password })).status).toBe(401);
    await eventually(async () => expect((await create(before)).status).toBe(201));
    expect((await change(body.id, after)).body.revision).toBe(1);
  });

  it('tells who lost a race who won it', async () => {
    const { body } = await create(person());
    const answers = await Promise.all(
      ['MANAGER', 'SUPPORT', 'OPERATOR'].map((role) => change(body.id, person(role), { 'if-match': '"0"' })),
    );
    expect(answers.map(({ status }) => status).toSorted(ascending)).toEqual([200, 412, 412]);
    const lost = answers.find(({ status }) => status === 412);
    expect(lost?.body).toMatchObject({
      code: 'revision_mismatch',
      changedBy: { actor: firstAdministrator, event: 'user.updated' },
    });
  });

  it('is refused for a mail address of somebody else, and for nobody', async () => {
    const [first, second] = [person(), person()];
    await create(first);
    const { body } = await create(second);
    expect((await change(body.id, { ...second, email: first.email })).body).toMatchObject({ code: 'mail_taken' });
    expect((await change(randomUUID(), person())).body).toMatchObject({ status: 404, code: 'user_not_found' });
    expect(await typesOf(body.id)).toEqual(['user.created']);
  });
});

describe('deleting a user', () => {
  it('names who takes over, ends their sign-in and frees the mail address', async () => {
    const [record, successor] = [{ ...person(), password: 'will be good for nothing' }, person()];
    const { body } = await create(record);
    const { id: reassignTo } = (await create(successor)).body;
    expect((await login(record)).status).toBe(200);
    const deleted = await remove(body.id, `?reassignTo=${reassignTo}`);
    expect(deleted.status).toBe(200);
    const [, event] = await identity.events(`user-${body.id}`);
    expect(event).toMatchObject({ type: 'user.deleted', data: { userId: body.id, reassignTo } });
    expectGoldenShape(event!);
    expect((await login(record)).body).toMatchObject({ status: 401, code: 'sign_in_refused' });
    expect((await read(deleted.body)).body).toMatchObject({ status: 'deleted', email: record.email });
    expect(await remove(body.id)).toMatchObject({ status: 200, body: { revision: 1 } });
    expect((await change(body.id, person())).body).toMatchObject({ status: 409, code: 'user_deleted' });
    await eventually(async () => expect((await create(record)).status).toBe(201));
  });

  it('needs somebody to take over who is there, and another one', async () => {
    const { body } = await create(person());
    for (const reassignTo of [body.id, randomUUID()]) {
      const refused = await remove(body.id, `?reassignTo=${reassignTo}`);
      expect(refused.body).toMatchObject({ status: 422, code: 'reassign_to_unknown' });
    }
    const { id: support } = (await create({ ...person(), role: 'SUPPORT' })).body;
    const unfit = await remove(body.id, `?reassignTo=${support}`);
    expect(unfit.body).toMatchObject({ status: 422, code: 'reassign_to_unfit' });
    expect(unfit.body).toHaveProperty('lacks', expect.arrayContaining(['customers:claim', 'approvals:decide']));
    expect((await remove(support, `?reassignTo=${body.id}`)).status).toBe(200);
    expect((await remove(body.id, '?reassignTo=nobody')).status).toBe(400);
    expect((await remove(body.id, '', { 'if-match': '"7"' })).status).toBe(412);
    expect((await remove(randomUUID())).body).toMatchObject({ status: 404, code: 'user_not_found' });
    expect(await typesOf(body.id)).toEqual(['user.created']);
  });
});

describe('a request that is repeated later', () => {
  const key = () => ({ 'idempotency-key': randomUUID() });
  const madeBy = (record: object) => eventually(async () => expect((await create(record)).status).toBe(201));

  it('is answered as it was, although somebody else has the mail address now', async () => {
    const [first, second, third] = [person(), person(), person()];
    const [made, moved] = [key(), key()];
    const created = await create(first, made);
    const changed = await change(created.body.id, second, moved);
    expect((await change(created.body.id, third)).status).toBe(200);
    await madeBy(first);
    await madeBy(second);
    expect(await create(first, made)).toMatchObject({ status: 201, body: created.body });
    expect(await change(created.body.id, second, moved)).toMatchObject({ status: 200, body: changed.body });
    expect(await typesOf(created.body.id)).toEqual(['user.created', 'user.updated', 'user.updated']);
  });

  it('is answered as it was, although nobody could take over now, and is compared by who was to', async () => {
    const [{ body }, { body: successor }] = [await create(person()), await create(person())];
    const headers = key();
    const deleted = await remove(body.id, `?reassignTo=${successor.id}`, headers);
    expect((await remove(successor.id)).status).toBe(200);
    const again = await remove(body.id, `?reassignTo=${successor.id}`, headers);
    expect(again).toMatchObject({ status: 200, body: deleted.body });
    const { body: another } = await create(person());
    expect((await remove(body.id, `?reassignTo=${another.id}`, headers)).body).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    });
  });
});

describe('administrators', () => {
  it('never all go: the last one is neither deleted nor given another role', async () => {
    for (const attempt of [remove(firstAdministrator), change(firstAdministrator, person('SALES'))]) {
      const { status, body } = await attempt;
      expect(status).toBe(409);
      expect(body).toMatchObject({ code: 'last_administrator', detail: expect.stringContaining('somebody else') });
    }
    expect(await typesOf(firstAdministrator)).toEqual(['user.created']);
  });

  it('are those with the role, also when two change it at once', async () => {
    const ids: string[] = [];
    for (let round = 0; round < 10; round++) {
      const record = person();
      const { body } = await create(record);
      ids.push(body.id);
      await Promise.all(['ADMIN', 'MANAGER'].map((role) => change(body.id, { ...record, role })));
    }
    const withRole: string[] = [];
    for (const id of ids) {
      const { role } = (await identity.events(`user-${id}`)).at(-1)!.data as { role: string };
      if (role === 'ADMIN') withRole.push(id);
    }
    const { body: last } = await create(person('ADMIN'));
    await eventually(async () => expect(await listedAdministrators()).toContain(last.id));
    await eventually(async () =>
      expect((await listedAdministrators()).filter((id) => ids.includes(id)).toSorted()).toEqual(withRole.toSorted()),
    );
    for (const id of [...withRole, last.id]) expect((await remove(id)).status).toBe(200);
    expect((await remove(firstAdministrator)).body).toMatchObject({ code: 'last_administrator' });
  });

  it('who come and go count as they are now', async () => {
    const { body } = await create(person('ADMIN'));
    await eventually(async () => expect(await administrators()).toContain(body.id));
    const record = person('SALES');
    expect((await change(body.id, record)).status).toBe(200);
    expect((await change(body.id, { ...record, role: 'ADMIN' })).status).toBe(200);
    expect((await remove(body.id)).status).toBe(200);
    expect((await remove(firstAdministrator)).body).toMatchObject({ code: 'last_administrator' });
  });
});

describe('lists', () => {
  it('show users in pages, filtered and sorted', async () => {
    const { body } = await create({ ...person('OPERATOR'), name: 'AAA' });
    const page = await call<Page<UserView> & ProblemBody>(
      '/api/auth/users?role=OPERATOR&sort=-createdAt&limit=1&total=true',
      {
        headers: { 'x-await-position': body.position },
      },
    );
    expect(page.body).toMatchObject({ items: [{ id: body.id, name: 'AAA' }], total: expect.any(Number) as number });
    const wrong = await call<ProblemBody>('/api/auth/users?role=GOD');
    expect(wrong.body).toMatchObject({ status: 400, code: 'validation_failed' });
    expect((await call<ProblemBody>('/api/auth/users?sort=shoeSize')).body).toMatchObject({ code: 'unknown_sort' });
    expect((await call<ProblemBody>(`/api/auth/users/${randomUUID()}`)).body).toMatchObject({ code: 'user_not_found' });
  });

  it('tell each role with its permissions, to whoever is signed in', async () => {
    const { body } = await identity.request<{ items: { role: string; permissions: string[] }[] }>('/api/auth/roles', {
      token: administrator,
    });
    expect(body.items.find(({ role }) => role === 'COMPLIANCE')?.permissions).toContain('users:read');
    expect(body.items.find(({ role }) => role === 'SALES')?.permissions).not.toContain('users:read');
  });
});

it('two administrators who take the role from each other at once: one stays, and gives it back', async () => {
  const other = { ...person('ADMIN'), password: 'the other administrator' };
  const { body } = await create(other);
  await eventually(async () => expect(await listedAdministrators()).toContain(body.id));
  const others = (await login(other)).body.accessToken;
  const { email } = identity.administrator;
  const first = { email, name: 'Administrator', role: 'ADMIN' };
  const changeFirst = (role: string) =>
    call(`/api/auth/users/${firstAdministrator}`, { method: 'PUT', token: others, body: { ...first, role } });
  const { password: _, ...record } = other;
  const answers = await Promise.all([change(body.id, { ...record, role: 'SALES' }), changeFirst('SALES')]);
  expect(answers.map(({ status }) => status).toSorted(ascending)).toEqual([200, 409]);
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'last_administrator' });
  expect(await listedAdministrators()).toEqual([answers[0].status === 200 ? firstAdministrator : body.id]);
  if (answers[0].status === 200) return;
  expect((await changeFirst('ADMIN')).status).toBe(200);
  administrator = (await login(identity.administrator)).body.accessToken;
  await eventually(async () => expect(await listedAdministrators()).toContain(firstAdministrator));
  expect((await remove(body.id)).status).toBe(200);
});

it('two administrators who delete each other at once: one stays, and goes on', async () => {
  const other = { ...person('ADMIN'), password: 'the other administrator' };
  const { body } = await create(other);
  await eventually(async () => expect(await administrators()).toContain(body.id));
  const token = (await login(other)).body.accessToken;
  const answers = await Promise.all([
    remove(body.id),
    call(`/api/auth/users/${firstAdministrator}`, { method: 'DELETE', token }),
  ]);
  expect(answers.map(({ status }) => status).toSorted(ascending)).toEqual([200, 409]);
  const survivor = answers[0].status === 200 ? identity.administrator : other;
  expect((await login(survivor)).status).toBe(200);
  expect((await login(survivor === other ? identity.administrator : other)).status).toBe(401);
});

async function listedAdministrators(): Promise<readonly string[]> {
  const state = await identity.app.get(Aggregates, { strict: false }).load(administratorsDecider, administratorsId);
  return state.status === 'none' ? [] : state.userIds;
}

async function administrators(): Promise<readonly string[]> {
  return (await identity.log('administrator.added')).map(({ data }) => (data as { userId: string }).userId);
}

function ascending(a: number, b: number): number {
  return a - b;
}
