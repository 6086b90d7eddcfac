import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContextRuntime } from '#libs/event-sourcing/src/context-runtime.js';
import { verify } from '#libs/event-sourcing/src/verify.js';
import { allOf } from '#libs/testing/src/crowd.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { expectGoldenShape } from '../../../test/golden/golden-events.js';
import { SalesActivityModule } from './sales-activity.module.js';
import { createMeeting, createTask, OtherContexts, type Page, read } from './spec-sales-activity.js';

let app: TestApp;
let others: OtherContexts;
let customerId: string;
let userId: string;

beforeAll(async () => {
  app = await startTestApp({ modules: [SalesActivityModule], contexts: ['sales-activity'] });
  others = new OtherContexts(app);
  await others.user('営業 一', 'SALES', 'test-sales');
  customerId = await others.customer();
  userId = await others.user();
});

afterAll(() => app.close());

const meeting = () => ({ customerId, date: '2024-10-10T10:00:00Z', summary: '商談実施' });
const change = (path: string, body: object, headers: Record<string, string> = {}, method = 'PUT') =>
  app.request<Record<string, unknown>>(path, { method, role: 'MANAGER', body, headers });
const remove = (path: string) => app.request(path, { method: 'DELETE', role: 'SALES' });

describe('meetings', () => {
  it('are put on record with customer, date and summary', async () => {
    const { status, body, headers } = await createMeeting(app, meeting());
    expect({ status, body }).toMatchObject({ status: 201, body: { revision: 0 } });
    expect(headers.get('location')).toBe(`/api/meetings/${body.id}`);
    const shown = await read(app, `/api/meetings/${body.id}`, body.position);
    expect(shown).toMatchObject({
      status: 200,
      body: {
        id: body.id,
        customerId,
        customerName: '佐藤 花子',
        userId: 'test-sales',
        userName: '営業 一',
        date: '2024-10-10T10:00:00.000Z',
        summary: '商談実施',
        location: null,
        durationMinutes: null,
        deletedAt: null,
      },
    });
    expect(shown.headers.get('etag')).toBe('"0"');
  });

  it('hold several lines, a place, a length and another user, whom they name', async () => {
    const more = { summary: '一件目\n二件目', location: '大阪本店', durationMinutes: 90, userId };
    const { body } = await createMeeting(app, { ...meeting(), ...more }, { role: 'SERVICE' });
    const { body: shown } = await read(app, `/api/meetings/${body.id}`, body.position);
    expect(shown).toMatchObject({ ...more, userName: '山田 太郎' });
  });

  it('stand in the log sealed', async () => {
    await createMeeting(app, { ...meeting(), summary: 'Hanako Sato wants a loan', location: 'Sakai' });
    const entries = await app.store.readLog(undefined, 10_000);
    const raw = JSON.stringify(entries.map(({ event }) => ({ ...event, position: undefined })));
    expect(raw).not.toMatch(/Hanako|Sakai/);
  });

  it.each<[string, object, string]>([
    ['an unknown customer', { customerId: randomUUID() }, 'customer_unknown'],
    ['an unknown user', { userId: randomUUID() }, 'user_unknown'],
  ])('with %s are refused', async (_name, changes, code) => {
    const answer = await createMeeting(app, { ...meeting(), ...changes });
    expect(answer).toMatchObject({ status: 422, body: { code } });
  });

  it.each<[string, object, string]>([
    ['no customer', { customerId: undefined }, '/customerId'],
    ['a customer who is no id', { customerId: 'xxx' }, '/customerId'],
    ['a day', { date: '2024-10-10' }, '/date'],
    ['no summary', { summary: ' ' }, '/summary'],
    ['a summary that is too long', { summary: 'x'.repeat(4001) }, '/summary'],
    ['a length of two days', { durationMinutes: 2880 }, '/durationMinutes'],
    ['two lines of place', { location: 'a\nb' }, '/location'],
    ['an unknown field', { title: 'x' }, '/title'],
  ])('with %s are refused', async (_name, changes, pointer) => {
    const answer = await createMeeting(app, { ...meeting(), ...changes });
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed', errors: [{ pointer }] } });
  });

  it('of a machine client need a user', async () => {
    expect(await createMeeting(app, meeting(), { role: 'SERVICE' })).toMatchObject({
      status: 422,
      body: { code: 'user_needed' },
    });
    // Somebody whose token is good, and whom nobody has told of here.
    expect(await createMeeting(app, meeting(), { role: 'ADMIN' })).toMatchObject({
      status: 422,
      body: { code: 'user_unknown' },
    });
  });

  it('are answered as before when the request is repeated, whatever became of the customer', async () => {
    const gone = await others.customer();
    const request = { headers: { 'idempotency-key': randomUUID() } };
    const first = await createMeeting(app, { ...meeting(), customerId: gone }, request);
    await others.tellOfCustomer(gone, 'customer.deleted', { reason: 'requested' });
    await eventually(async () => {
      expect(await createMeeting(app, { ...meeting(), customerId: gone })).toMatchObject({
        status: 409,
        body: { code: 'customer_is_deleted' },
      });
    });
    expect(await createMeeting(app, { ...meeting(), customerId: gone }, request)).toMatchObject({
      status: 201,
      body: first.body,
    });
  });

  it('change in what is named, while nobody else changed them', async () => {
    const { body } = await createMeeting(app, { ...meeting(), location: 'Osaka' });
    const path = `/api/meetings/${body.id}`;
    const changed = await change(path, { summary: '延期', location: null }, { 'if-match': '"0"' });
    expect(changed).toMatchObject({ status: 200, body: { revision: 1 } });
    const { body: shown } = await read(app, path, changed.body['position'] as string);
    expect(shown).toMatchObject({ summary: '延期', location: null, date: '2024-10-10T10:00:00.000Z', revision: 1 });
    expect(await change(path, { summary: 'x' }, { 'if-match': '"0"' })).toMatchObject({
      status: 412,
      body: { code: 'revision_mismatch', changedBy: { actor: 'test-manager' } },
    });
    expect(await change(path, { customerId: randomUUID() })).toMatchObject({ status: 422 });
    expect(await change(`/api/meetings/${randomUUID()}`, { summary: 'x' })).toMatchObject({
      status: 404,
      body: { code: 'meeting_not_found' },
    });
  });

  it('are out of sight once they are deleted, until they are restored', async () => {
    const { body } = await createMeeting(app, meeting());
    const path = `/api/meetings/${body.id}`;
    const deleted = await remove(path);
    expect(deleted.status).toBe(200);
    const { position } = deleted.body as { position: string };
    expect(await read(app, path, position)).toMatchObject({ status: 404, body: { code: 'meeting_not_found' } });
    expect(await read(app, `${path}?deleted=true`)).toMatchObject({ body: { deletedReason: 'requested' } });
    expect(await remove(path)).toMatchObject({ status: 409, body: { code: 'meeting_is_deleted' } });
    const restored = await change(`${path}/restore`, {}, {}, 'POST');
    expect(restored.status).toBe(200);
    expect(await read(app, path, restored.body['position'] as string)).toMatchObject({ status: 200 });
    expect(await change(`${path}/restore`, {}, {}, 'POST')).toMatchObject({
      status: 409,
      body: { code: 'meeting_not_deleted' },
    });
  });

  it('are listed by customer, user and time', async () => {
    const other = await others.customer({ name: '鈴木 一郎' });
    const dates = ['2024-01-01T00:00:00Z', '2024-02-01T00:00:00Z', '2024-03-01T00:00:00Z'];
    const ids: string[] = [];
    let position = '';
    for (const date of dates) {
      const { body } = await createMeeting(app, { ...meeting(), customerId: other, date, userId });
      ids.push(body.id);
      position = body.position;
    }
    const found = async (path: string) => {
      const { status, body } = await read<Page>(app, path, position);
      expect(status).toBe(200);
      return body.items.map(({ id }) => id);
    };
    expect(await found(`/api/meetings/customer/${other}`)).toEqual(ids.toReversed());
    expect(await found(`/api/meetings?customerId=${other}&sort=date&limit=2`)).toEqual(ids.slice(0, 2));
    expect(await found(`/api/meetings?userId=${userId}&from=2024-01-15T00:00:00Z&before=2024-02-15T00:00:00Z`)).toEqual(
      [ids[1]],
    );
    expect(await found(`/api/meetings/customer/${other}?deleted=true`)).toEqual([]);
    expect(await found(`/api/meetings/customer/${randomUUID()}`)).toEqual([]);
    expect(await read(app, '/api/meetings?deleted=perhaps')).toMatchObject({ status: 400 });
    expect(await read(app, '/api/meetings?sort=summary')).toMatchObject({
      status: 400,
      body: { code: 'unknown_sort' },
    });
  });
});

describe('tasks', () => {
  it('begin as TODO, of middle priority, without customer or due date', async () => {
    const { status, body } = await createTask(app, { title: '電話する' });
    expect(status).toBe(201);
    expect(await read(app, `/api/tasks/${body.id}`, body.position)).toMatchObject({
      status: 200,
      body: {
        title: '電話する',
        status: 'TODO',
        priority: 'MEDIUM',
        customerId: null,
        customerName: null,
        dueDate: null,
        userId: 'test-sales',
      },
    });
  });

  it.each<[string, object, number, string]>([
    ['an unknown customer', { customerId: randomUUID() }, 422, 'customer_unknown'],
    ['no title', { title: '' }, 400, 'validation_failed'],
    ['an unknown priority', { priority: 'ASAP' }, 400, 'validation_failed'],
    ['a status', { status: 'COMPLETED' }, 400, 'validation_failed'],
    ['a day', { dueDate: '2024-10-10' }, 400, 'validation_failed'],
  ])('with %s are refused', async (_name, changes, status, code) => {
    expect(await createTask(app, { title: 'x', ...changes })).toMatchObject({ status, body: { code } });
  });

  it('go from status to status as the table allows', async () => {
    const { body } = await createTask(app, { title: 'x' });
    const path = `/api/tasks/${body.id}`;
    const become = (status: string) => change(`${path}/status`, { status }, {}, 'PATCH');
    expect(await become('CANCELLED')).toMatchObject({ status: 200, body: { revision: 1 } });
    expect(await become('COMPLETED')).toMatchObject({
      status: 409,
      body: { code: 'task_transition_impossible', currentStatus: 'CANCELLED', allowed: ['TODO'] },
    });
    expect((await become('TODO')).status).toBe(200);
    const completed = await become('COMPLETED');
    const { body: shown } = await read(app, path, completed.body['position'] as string);
    expect(shown).toMatchObject({ status: 'COMPLETED', completedAt: expect.any(String) as unknown, revision: 3 });
    expect((await become('IN_PROGRESS')).status).toBe(200);
    expect((await become('DONE')).status).toBe(400);
    expect((await app.events(`task-${body.id}`)).map(({ type }) => type)).toEqual([
      'task.created',
      'task.updated',
      'task.updated',
      'task.completed',
      'task.updated',
    ]);
  });

  it('go one way when a thousand changes come at once; losers are told who went first', async () => {
    const tasks = await Promise.all(Array.from({ length: 10 }, () => createTask(app, { title: 'x' })));
    const people = Array.from({ length: 10 }, () => randomUUID());
    const become = (id: string, status: string, sub: string) => () =>
      app.request<{ code: string; changedBy?: { actor: string; event: string } }>(`/api/tasks/${id}/status`, {
        method: 'PATCH',
        token: app.token({ roles: ['SALES'], sub }),
        body: { status },
      });
    // What is done can't be called off, and the other way round.
    const race = (id: string) =>
      people.flatMap((sub) =>
        Array.from({ length: 10 }, (_, index) => become(id, index % 2 === 0 ? 'COMPLETED' : 'CANCELLED', sub)),
      );
    const answers = await allOf(tasks.flatMap(({ body }) => race(body.id)));
    expect(answers).toHaveLength(1000);
    for (const [index, { body }] of tasks.entries()) {
      const [, first, ...more] = await app.events(`task-${body.id}`);
      expect(more).toEqual([]);
      const own = answers.slice(index * 100, (index + 1) * 100);
      expect(own.filter(({ status }) => status === 200)).toHaveLength(50);
      const changedBy = { actor: first!.metadata.actor.id, event: first!.type };
      for (const lost of own.filter(({ status }) => status !== 200)) {
        expect(lost).toMatchObject({ status: 409, body: { code: 'task_transition_impossible', changedBy } });
      }
    }
  }, 60_000);

  it('change, change hands, are deleted and restored', async () => {
    const { body } = await createTask(app, { title: 'x', dueDate: '2030-01-01T00:00:00Z', customerId });
    const path = `/api/tasks/${body.id}`;
    const changed = await change(path, { title: 'y', userId, dueDate: null, priority: 'URGENT' });
    expect(changed).toMatchObject({ status: 200, body: { revision: 2 } });
    expect(await read(app, path, changed.body['position'] as string)).toMatchObject({
      body: { title: 'y', userId, userName: '山田 太郎', dueDate: null, priority: 'URGENT', customerId },
    });
    expect((await change(path, { dueDate: '2030-01-01T09:00:00+09:00' })).status).toBe(200);
    expect((await app.events(`task-${body.id}`)).at(-1)?.data).toMatchObject({ dueDate: '2030-01-01T00:00:00.000Z' });
    expect((await remove(path)).status).toBe(200);
    expect(await change(path, { title: 'z' })).toMatchObject({ status: 409, body: { code: 'task_is_deleted' } });
    expect(await change(`${path}/status`, { status: 'CANCELLED' }, {}, 'PATCH')).toMatchObject({ status: 409 });
    expect((await change(`${path}/restore`, {}, {}, 'POST')).status).toBe(200);
    expect(await change(`${path}/restore`, {}, {}, 'POST')).toMatchObject({ body: { code: 'task_not_deleted' } });
    expect(await change(`/api/tasks/${randomUUID()}/restore`, {}, {}, 'POST')).toMatchObject({
      status: 404,
      body: { code: 'task_not_found' },
    });
    expect(await read(app, `/api/tasks/${randomUUID()}`)).toMatchObject({ status: 404 });
  });

  it('are overdue when their date has passed and they are still to be done', async () => {
    const owner = await others.user('遅れる 人');
    const task = async (title: string, dueDate: string | null) =>
      (await createTask(app, { title, dueDate, userId: owner })).body;
    const older = await task('older', '2020-01-01T00:00:00Z');
    const newer = await task('newer', '2021-01-01T00:00:00Z');
    await task('later', '2999-01-01T00:00:00Z');
    await task('never', null);
    const done = await task('done', '2020-01-01T00:00:00Z');
    await change(`/api/tasks/${done.id}/status`, { status: 'COMPLETED' }, {}, 'PATCH');
    const deleted = await task('deleted', '2020-01-01T00:00:00Z');
    const { position } = (await remove(`/api/tasks/${deleted.id}`)).body as { position: string };
    const { body } = await read<Page>(app, `/api/tasks/overdue?userId=${owner}&total=true`, position);
    expect(body).toMatchObject({ items: [{ id: older.id }, { id: newer.id }], total: 2 });

    const titles = async (query: string) =>
      (await read<Page>(app, `/api/tasks?userId=${owner}&${query}`)).body.items.map(({ title }) => title);
    expect(await titles('sort=dueDate')).toEqual(
      expect.arrayContaining(['older', 'done', 'newer', 'later', 'never']) as unknown,
    );
    expect((await titles('sort=dueDate')).slice(2)).toEqual(['newer', 'later', 'never']);
    expect(await titles('dueFrom=2021-01-01T00:00:00Z')).toEqual(['later', 'newer']);
    expect(await titles('status=COMPLETED')).toEqual(['done']);
    expect(await titles('priority=HIGH')).toEqual([]);
    expect(await titles('deleted=true')).toEqual(['deleted']);
  });
});

describe('the activity history', () => {
  it('tells what happened, of a customer, of a user and by somebody', async () => {
    const [about, owner] = [await others.customer({ name: '田中 次郎' }), await others.user('森 三郎')];
    const { body: held } = await createMeeting(app, { ...meeting(), customerId: about });
    const { body: made } = await createTask(app, { title: 'Send it', customerId: about, userId: owner });
    const done = await change(`/api/tasks/${made.id}/status`, { status: 'COMPLETED' }, {}, 'PATCH');
    const list = async (query: string) =>
      (await read<Page>(app, `/api/activities?${query}`, done.body['position'] as string)).body.items;
    const completed = {
      type: 'task.completed',
      taskId: made.id,
      meetingId: null,
      customerName: '田中 次郎',
      userName: '森 三郎',
      actorId: 'test-manager',
      actorRole: 'MANAGER',
      detail: { previousStatus: 'TODO' },
    };
    expect(await list(`customerId=${about}`)).toMatchObject([
      completed,
      { type: 'task.created', title: 'Send it', detail: { status: 'TODO' } },
      { type: 'meeting.created', title: '商談実施', meetingId: held.id },
    ]);
    expect(await list(`userId=${owner}&type=task.completed`)).toMatchObject([completed]);
    expect(await list(`actorId=test-manager&customerId=${about}`)).toMatchObject([completed]);
    expect(await list(`customerId=${about}&before=2020-01-01T00:00:00Z`)).toEqual([]);

    const history = await app.request<Page>(`/api/tasks/${made.id}/history`, { role: 'COMPLIANCE' });
    expect(history.body.items).toMatchObject([
      { eventType: 'task.created', data: { title: 'Send it' }, metadata: { actor: { ip: '127.0.0.1' } } },
      { eventType: 'task.completed' },
    ]);
    const ofMeeting = await read<Page>(app, `/api/meetings/${held.id}/history`);
    expect(ofMeeting.body.items).toMatchObject([{ eventType: 'meeting.created', data: { summary: '商談実施' } }]);
    expect(JSON.stringify(ofMeeting.body)).not.toContain('127.0.0.1');
    for (const kind of ['meetings', 'tasks']) {
      expect((await read(app, `/api/${kind}/${randomUUID()}/history`)).status).toBe(404);
    }
  });
});

describe('everything of this context', () => {
  it.each([
    ['POST', '/api/meetings'],
    ['PUT', `/api/tasks/${randomUUID()}`],
  ])('is written by those who may: %s %s', async (method, path) => {
    expect(await app.request(path, { method, body: {} })).toMatchObject({ status: 401 });
    for (const role of ['COMPLIANCE', 'SUPPORT', 'OPERATOR'] as const) {
      expect(await app.request(path, { method, role, body: {} })).toMatchObject({ status: 403 });
    }
  });

  it('has the fields of its golden files', async () => {
    const events = await app.log();
    const own = events.filter(({ type }) => /^(meeting|task)\./.test(type));
    expect(own.length).toBeGreaterThan(30);
    for (const event of own) expectGoldenShape(event);
  });

  it('stands in read models as it does in fresh ones', async () => {
    const { projections, ...dependencies } = app.app.get(ContextRuntime, { strict: false }).readModels;
    expect(projections).toHaveLength(6);
    for (const projection of projections) {
      expect(await verify(projection, dependencies)).toMatchObject({ differing: 0, differences: [] });
    }
  });
});
