import { randomUUID } from 'node:crypto';
import { getRepositoryToken } from '@nestjs/typeorm';
import { Client } from 'pg';
import type { Repository } from 'typeorm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { CommandHandler } from '#libs/event-sourcing/src/command-handler.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { freshId, stableId } from '#libs/event-sourcing/src/ids.js';
import { isErased } from '#libs/events/src/erased.js';
import { clearingContexts } from '#libs/events/src/erasure.js';
import type { CommandResult } from '#libs/http/src/command-result.js';
import type { ProblemBody } from '#libs/http/src/problem.js';
import { clearanceDecider, clearanceId, ConfirmCopiesCleared } from '#libs/personal-data/src/clearance.decider.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import type { TestResponse } from '#libs/testing/src/test-app.js';
import { expectGoldenShape } from '../../../../test/golden/golden-events.js';
import type { SessionTokens } from '../auth.dto.js';
import { Credential, RefreshToken } from '../credential-tables.js';
import type { ErasurePage, ErasureView } from '../erasure-list/erasure-list.dto.js';
import { type IdentityApp, startIdentityApp } from '../spec-identity.js';
import { ForgetKeys } from './forget-keys.js';

let identity: IdentityApp;
let administrator: string;
const firstAdministrator = stableId('first-administrator');
const reason = 'requested_by_person';

beforeAll(async () => {
  identity = await startIdentityApp();
  administrator = (await login(identity.administrator)).body.accessToken;
});

afterAll(() => identity.close());

const login = (body: object) => identity.request<SessionTokens & ProblemBody>('/api/auth/login', { body });
const erase = (subject: string, token = administrator): Promise<TestResponse<CommandResult & ProblemBody>> =>
  identity.request('/api/erasures', { token, body: { subject, reason } });
const erasures = async () => (await identity.log()).filter(({ type }) => type.startsWith('erasure.'));

async function person(role: 'ADMIN' | 'SALES') {
  const signIn = { email: `${randomUUID()}@people.example`, password: randomUUID() };
  const { status, body } = await identity.request<CommandResult>('/api/auth/users', {
    token: administrator,
    body: { ...signIn, name: 'Sato', role },
  });
  expect(status).toBe(201);
  return { id: body.id, signIn };
}

function repository<Row extends object>(entity: new () => Row): Repository<Row> {
  return identity.app.get<Repository<Row>>(getRepositoryToken(entity, 'identity'), { strict: false });
}

describe('a request for an erasure', () => {
  it.each([
    [{ subject: 'client:crm', reason }, 'must be "contract:<id>", "customer:<id>" or "user:<id>"'],
    [{ subject: `user:${firstAdministrator.toUpperCase()}`, reason }, 'with the id in lower case'],
    [
      { subject: `user:${firstAdministrator}`, reason: 'Mr Sato asked for it' },
      'must be one of: requested_by_person, ',
    ],
  ])('that is not understood says what to send (%#)', async (body, message) => {
    const answer = await identity.request<ProblemBody>('/api/erasures', { token: administrator, body });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain(JSON.stringify(message).slice(1, -1));
  });

  it('about somebody who is not known says where ids come from, and stores nothing', async () => {
    const { status, body } = await erase(`contract:${randomUUID()}`);
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: 'subject_unknown', detail: expect.stringContaining('GET /api/contracts') });
    expect(await erasures()).toEqual([]);
  });

  it('about the last administrator is refused, and stores nothing', async () => {
    const { status, body } = await erase(`user:${firstAdministrator}`);
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'last_administrator', detail: expect.stringContaining('Make somebody else') });
    expect(await erasures()).toEqual([]);
    expect((await login(identity.administrator)).status).toBe(200);
  });

  it('while the keys are away asks for another try, and leaves nothing half done', async () => {
    const { id } = await person('ADMIN');
    const keys = new URL(identity.keysUrl).pathname.slice(1);
    await asSuperuser(
      `alter database ${keys} allow_connections false`,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${keys}'`,
    );
    try {
      const { status, headers, body } = await erase(`user:${id}`);
      expect(status).toBe(503);
      expect(headers.get('retry-after')).not.toBeNull();
      expect(body.detail).toContain('send the request again');
    } finally {
      await asSuperuser(`alter database ${keys} allow_connections true`);
    }
    expect(await erasures()).toEqual([]);
    expect((await identity.log('administrator.removed')).map(({ data }) => data)).toEqual([]);
    await eventually(async () => expect((await erase(`user:${id}`)).status).toBe(202));
  });
});

describe('an erased user', () => {
  it('can neither sign in nor stay signed in, and nothing of them can be read', { timeout: 20_000 }, async () => {
    const { id, signIn } = await person('SALES');
    expect((await login({ ...signIn, password: 'mistyped' })).status).toBe(401);
    const session = (await login(signIn)).body;
    const { status, headers, body } = await erase(`user:${id}`);
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/api/erasures/${body.id}`);

    await eventually(async () => {
      const events = await identity.events(`erasure-${body.id}`);
      expect(events.map(({ type }) => type)).toContain('erasure.key_destroyed');
    });
    const refused = await login(signIn);
    expect(refused.status).toBe(401);
    expect(refused.body).toMatchObject({
      code: 'sign_in_refused',
      detail: (await login({ ...signIn, email: 'x' })).body.detail,
    });
    const { refreshToken } = session;
    const refreshed = await identity.request<ProblemBody>('/api/auth/refresh', { body: { refreshToken } });
    expect(refreshed.status).toBe(401);
    expect((await identity.request('/api/auth/me', { token: session.accessToken })).status).toBe(401);
    expect(await repository<Credential>(Credential).countBy({ userId: id })).toBe(0);
    expect(await repository<RefreshToken>(RefreshToken).countBy({ userId: id })).toBe(0);

    const [created, deleted] = await identity.events(`user-${id}`);
    const { email, name } = created!.data as { email: string; name: string };
    expect([isErased(email), isErased(name)]).toEqual([true, true]);
    expect(deleted).toMatchObject({ type: 'user.deleted', data: { userId: id, erasureId: body.id } });
    const signIns = (await identity.log('user.login_failed', 'user.unlocked', 'user.login')).filter(
      ({ data }) => (data as { userId?: unknown }).userId === id,
    );
    expect(signIns.map(({ type, metadata }) => [type, metadata.actor.id, isErased(metadata.actor.ip)])).toEqual([
      ['user.login_failed', 'anonymous', true],
      ['user.unlocked', id, true],
      ['user.login', id, true],
    ]);
  });

  it('is erased once: asking again answers the first erasure', async () => {
    const { id } = await person('SALES');
    const first = await erase(`user:${id}`);
    const again = await erase(`user:${id}`);
    expect(again.status).toBe(202);
    expect(again.body.id).toBe(first.body.id);
    const requested = (await identity.log('erasure.requested')).filter(
      ({ stream }) => stream === `erasure-${first.body.id}`,
    );
    expect(requested).toHaveLength(1);
  });

  it('is shown with who asked, why, and whose confirmation is awaited', async () => {
    const { id } = await person('SALES');
    const { body } = await erase(`user:${id}`);
    const path = `/api/erasures/${body.id}`;
    const headers = { 'x-await-position': body.position };
    const shown = await identity.request<ErasureView>(path, { token: administrator, headers });
    expect(shown.body).toMatchObject({
      subject: `user:${id}`,
      reason,
      requestedBy: { id: firstAdministrator, role: 'ADMIN' },
      cleared: [],
      awaited: clearingContexts,
      completedAt: null,
    });
    const list = `/api/erasures?subject=user:${id}`;
    const { items } = (await identity.request<ErasurePage>(list, { token: administrator })).body;
    expect(items.map((item) => item.id)).toEqual([body.id]);
    const unknown = await identity.request<ProblemBody>(`/api/erasures/${randomUUID()}`, { token: administrator });
    expect(unknown.body).toMatchObject({ status: 404, code: 'erasure_not_found' });
  });
});

describe('the certificate', () => {
  it('waits for contexts that are down, and comes when the last one has caught up', async () => {
    const { id } = await person('SALES');
    const { body } = await erase(`user:${id}`);
    const erasureId = body.id;
    const shown = async (status: string): Promise<ErasureView> =>
      eventually(async () => {
        const answer = await identity.request<ErasureView>(`/api/erasures/${erasureId}`, { token: administrator });
        expect(answer.body.status).toBe(status);
        return answer.body;
      });
    await shown('key_destroyed');
    // As if the time was over in which a process may remember the key.
    await identity.app.get(ForgetKeys).sweep(new AbortController().signal, 0);
    const others = clearingContexts.filter((context) => context !== 'identity');
    await eventually(async () => expect((await shown('clearing')).awaited).toEqual(others));

    const subject = `user:${id}` as const;
    const handler = new CommandHandler(clearanceDecider, identity.store, identity.app.get(EventSchemas));
    for (const context of others) {
      expect((await shown('clearing')).completedAt).toBeNull();
      const confirmation = { erasureId, subject, context };
      const target = clearanceId(context, erasureId);
      await handler.execute(new ConfirmCopiesCleared(target, confirmation, testContext({ commandId: freshId() })));
      await eventually(async () => expect(await confirmed(erasureId)).toContain(context));
    }
    expect((await shown('completed')).awaited).toEqual([]);
    const certificate = (await identity.events(`erasure-${erasureId}`)).at(-1)!;
    expect(certificate.type).toBe('erasure.completed');
    expect(certificate.data).toMatchObject({
      subject,
      reason,
      requestedBy: { id: firstAdministrator, role: 'ADMIN' },
      cleared: ['identity', ...others].map((context) => ({ context, clearedAt: expect.any(String) as unknown })),
    });
    for (const event of await identity.events(`erasure-${erasureId}`)) expectGoldenShape(event);
  });
});

async function confirmed(erasureId: string): Promise<readonly string[]> {
  const events = (await identity.events(`erasure-${erasureId}`)).filter(({ type }) => type === 'erasure.confirmed');
  return events.map(({ data }) => (data as { context: string }).context);
}

it('two administrators who erase each other at once: one of them stays', { timeout: 20_000 }, async () => {
  const others = [await person('ADMIN'), await person('ADMIN')] as const;
  const tokens = await Promise.all(others.map(async ({ signIn }) => (await login(signIn)).body.accessToken));
  // Without the first administrator, whom one of them erases before.
  expect((await erase(`user:${firstAdministrator}`, tokens[0])).status).toBe(202);
  const answers = await Promise.all([
    erase(`user:${others[1].id}`, tokens[0]),
    erase(`user:${others[0].id}`, tokens[1]),
  ]);
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409]);
  expect(answers.find(({ status }) => status === 409)!.body.code).toBe('last_administrator');
});

async function asSuperuser(...statements: readonly string[]): Promise<void> {
  const client = new Client(inject('postgresUrl'));
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
