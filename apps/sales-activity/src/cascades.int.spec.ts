import { randomUUID } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContextRuntime } from '#libs/event-sourcing/src/context-runtime.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { verify } from '#libs/event-sourcing/src/verify.js';
import { erased } from '#libs/events/src/erased.js';
import { SubjectKeys } from '#libs/personal-data/src/subject-keys.js';
import { createService, startService } from '#libs/service/src/service.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { expectGoldenShape } from '../../../test/golden/golden-events.js';
import { SalesActivityModule } from './sales-activity.module.js';
import { createMeeting, createTask, OtherContexts, type Page, read } from './spec-sales-activity.js';
import { DueSoonSweep } from './tell-due-soon/tell-due-soon.js';

let app: TestApp;
/** Another instance on the same stores. */
let second: NestFastifyApplication;
let others: OtherContexts;

beforeAll(async () => {
  const env = { DUE_SOON_EVERY_MS: '100' };
  app = await startTestApp({ modules: [SalesActivityModule], contexts: ['sales-activity'], env });
  second = await createService({ name: 'second', contexts: [SalesActivityModule], logger: { level: 'silent' } });
  await startService(second, 0);
  others = new OtherContexts(app);
  await others.user('営業 一', 'SALES', 'test-sales');
}, 60_000);

afterAll(async () => {
  await second?.close();
  await app?.close();
});

interface Ids {
  readonly meetingId: string;
}

const date = '2024-10-10T10:00:00Z';

async function meeting(customerId: string, userId?: string): Promise<string> {
  const { status, body } = await createMeeting(app, {
    customerId,
    date,
    summary: '商談実施',
    ...(userId && { userId }),
  });
  expect(status).toBe(201);
  return body.id;
}

async function task(body: object): Promise<string> {
  const { status, body: made } = await createTask(app, { title: '見積書を送る', ...body });
  expect(status).toBe(201);
  return made.id;
}

const typesOf = async (stream: string) => (await app.events(stream)).map(({ type }) => type.split('.')[1]);
const last = async (stream: string) => (await app.events(stream)).at(-1);
const remove = (path: string) => app.request(path, { method: 'DELETE', role: 'SALES' });

describe('a customer who is deleted', () => {
  it('takes meetings and tasks along, and brings them back, but not what a person deleted', async () => {
    const customerId = await others.customer();
    const [held, deletedBefore] = [await meeting(customerId), await meeting(customerId)];
    const due = await task({ customerId });
    await remove(`/api/meetings/${deletedBefore}`);
    await others.tellOfCustomer(customerId, 'customer.deleted', { reason: 'requested' });
    const reason = { data: { reason: 'customer_deleted', customerId } };
    await eventually(async () => {
      expect(await last(`meeting-${held}`)).toMatchObject({ type: 'meeting.deleted', ...reason });
      expect(await last(`task-${due}`)).toMatchObject({ type: 'task.deleted', ...reason });
    });
    const restored = await app.request(`/api/tasks/${due}/restore`, { method: 'POST', role: 'ADMIN', body: {} });
    expect(restored).toMatchObject({ status: 409, body: { code: 'customer_is_deleted' } });

    await others.tellOfCustomer(customerId, 'customer.restored');
    await eventually(async () => {
      expect(await last(`meeting-${held}`)).toMatchObject({ type: 'meeting.restored', ...reason });
      expect(await last(`task-${due}`)).toMatchObject({ type: 'task.restored', ...reason });
    });
    expect(await typesOf(`meeting-${deletedBefore}`)).toEqual(['created', 'deleted']);
    await eventually(async () => {
      const { body } = await read<Page>(app, `/api/meetings/customer/${customerId}`);
      expect(body.items).toMatchObject([{ id: held }]);
    });
  });

  it('and is restored at once ends restored everywhere, also what comes meanwhile', async () => {
    const customerId = await others.customer();
    const ids: string[] = Array.from({ length: 60 }, () => randomUUID());
    const record = { customerId, userId: 'u1', date, summary: 'x', location: null, durationMinutes: null };
    const created = (meetingId: string) => ({ type: 'meeting.created', data: { meetingId, ...record } });
    await Promise.all(ids.map((id) => others.tell(`meeting-${id}`, created(id))));
    await others.tellOfCustomer(customerId, 'customer.deleted', { reason: 'requested' });
    await others.tellOfCustomer(customerId, 'customer.restored');
    await meeting(customerId);
    const meetingsOf = async (type: string) =>
      (await app.log(type)).flatMap(({ data }) =>
        ids.includes((data as Ids).meetingId) ? [(data as Ids).meetingId] : [],
      );
    await eventually(async () => expect(await meetingsOf('meeting.restored')).toHaveLength(60), { timeoutMs: 30_000 });
    expect((await meetingsOf('meeting.deleted')).toSorted()).toEqual(ids.toSorted());
    await eventually(async () => {
      const { body } = await read<{ total: number }>(app, `/api/meetings?customerId=${customerId}&total=true&limit=1`);
      expect(body.total).toBe(61);
    });
  });

  it('takes along what is put down for them while their deletion is on its way here', async () => {
    const customerId = await others.customer();
    const first = await meeting(customerId);
    await others.tellOfCustomer(customerId, 'customer.deleted', { reason: 'requested' });
    // As a request makes it whose look at the copy came before the deletion did.
    const late = randomUUID();
    const record = { customerId, userId: 'u1', title: 'x', description: null, dueDate: null, priority: 'LOW' };
    await others.tell(`task-${late}`, { type: 'task.created', data: { taskId: late, ...record, status: 'TODO' } });
    await eventually(async () => {
      for (const stream of [`meeting-${first}`, `task-${late}`]) {
        expect(await typesOf(stream)).toEqual(['created', 'deleted']);
      }
    });
  });
});

describe('a customer who becomes part of another one', () => {
  it('hands over meetings, tasks and their history', async () => {
    const [from, to] = [await others.customer(), await others.customer({ name: '佐藤 花' })];
    const [held, due] = [await meeting(from), await task({ customerId: from })];
    await others.tellOfCustomer(from, 'customer.merged', { intoCustomerId: to });
    await eventually(async () => {
      expect(await last(`meeting-${held}`)).toMatchObject({ type: 'meeting.updated', data: { customerId: to } });
      const { body } = await read<Page>(app, `/api/tasks?customerId=${to}`);
      expect(body.items).toMatchObject([{ id: due, customerName: '佐藤 花', title: '見積書を送る' }]);
      const { body: history } = await read<Page>(app, `/api/activities?customerId=${to}`);
      expect(history.items).toHaveLength(4);
    });
    const refused = await createTask(app, { title: 'x', customerId: from });
    expect(refused).toMatchObject({ status: 409, body: { code: 'customer_is_merged', intoCustomerId: to } });
  });
});

describe('a user who is deleted', () => {
  it('takes meetings and tasks along where nobody takes over', async () => {
    const [customerId, userId] = [await others.customer(), await others.user()];
    const [held, due] = [await meeting(customerId, userId), await task({ userId })];
    const deletedBefore = await task({ userId });
    await remove(`/api/tasks/${deletedBefore}`);
    await others.tellOfUser(userId, 'user.deleted');
    await eventually(async () => {
      expect(await last(`meeting-${held}`)).toMatchObject({
        type: 'meeting.deleted',
        data: { reason: 'user_deleted' },
      });
      expect(await last(`task-${due}`)).toMatchObject({ type: 'task.deleted', data: { reason: 'user_deleted' } });
    });
    const refused = await createTask(app, { title: 'x', userId });
    expect(refused).toMatchObject({ status: 409, body: { code: 'user_is_deleted' } });

    const brought = await app.request(`/api/tasks/${deletedBefore}/restore`, { role: 'MANAGER', body: {} });
    expect(brought).toMatchObject({ status: 409, body: { code: 'user_is_deleted' } });
    const restore = (body: object) =>
      app.request(`/api/meetings/${held}/restore`, { method: 'POST', role: 'MANAGER', body });
    expect(await restore({})).toMatchObject({ status: 409, body: { code: 'user_is_deleted' } });
    const other = await others.user();
    expect((await restore({ userId: other })).status).toBe(200);
    expect(await typesOf(`meeting-${held}`)).toEqual(['created', 'deleted', 'restored', 'updated']);
  });

  it('leaves open tasks to whoever takes over, who may be deleted too', async () => {
    const [first, heir, lastHeir] = [await others.user(), await others.user(), await others.user()];
    const [open, done] = [await task({ userId: first }), await task({ userId: first })];
    const completed = { method: 'PATCH', role: 'SALES', body: { status: 'COMPLETED' } } as const;
    await app.request(`/api/tasks/${done}/status`, completed);
    await others.tellOfUser(heir, 'user.deleted', { reassignTo: lastHeir });
    await others.tellOfUser(first, 'user.deleted', { reassignTo: lastHeir });
    await eventually(async () => {
      expect(await last(`task-${open}`)).toMatchObject({
        type: 'task.reassigned',
        data: { userId: lastHeir, previousUserId: first, cause: 'user_deleted' },
      });
      expect(await last(`task-${done}`)).toMatchObject({ type: 'task.deleted', data: { reason: 'user_deleted' } });
    });
    await others.tellOfUser(lastHeir, 'user.deleted', { reassignTo: heir });
    await eventually(async () => {
      expect(await last(`task-${open}`)).toMatchObject({ type: 'task.deleted', data: { reason: 'user_deleted' } });
    });
  });
});

describe('a task that is due within 24 hours', () => {
  const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();

  it('is told of once for each due date, though two instances look', async () => {
    const customerId = await others.customer();
    const [soon, tomorrow] = [inHours(2), inHours(23)];
    const ids = await Promise.all(Array.from({ length: 10 }, () => task({ customerId, dueDate: soon })));
    const [later, overdue] = [await task({ dueDate: inHours(25) }), await task({ dueDate: inHours(-1) })];
    const told = async (id: string) =>
      (await app.events(`task-${id}`)).flatMap(({ type, data }) => (type === 'task.due_soon' ? [data] : []));
    const expected = (taskId: string, dueDate: string) => ({
      taskId,
      title: '見積書を送る',
      dueDate,
      userId: 'test-sales',
      customerId,
    });
    await eventually(async () => {
      for (const id of ids) expect(await told(id)).toEqual([expected(id, soon)]);
    });
    const [moved] = ids;
    const to = (dueDate: string) =>
      app.request(`/api/tasks/${moved}`, { method: 'PUT', role: 'SALES', body: { dueDate } });
    await to(tomorrow);
    await eventually(async () => expect(await told(moved!)).toHaveLength(2));
    const { position } = (await to(soon)).body as { position: string };
    await read(app, '/api/tasks', position);
    // Both sweep once more, by hand, so that nothing is left that might come later.
    for (const instance of [app.app, second]) {
      await instance.get(DueSoonSweep, { strict: false }).sweep(new AbortController().signal);
    }
    expect(await told(moved!)).toEqual([expected(moved!, soon), expected(moved!, tomorrow)]);
    for (const id of [later, overdue]) expect(await told(id)).toEqual([]);
  });
});

describe('somebody who is erased', () => {
  /** What identity does. */
  async function erase(subject: string): Promise<void> {
    await app.app.get(SubjectKeys, { strict: false }).destroy(subject);
    const erasureId = freshId();
    const data = { erasureId, subject };
    const metadata = { ...testContext({ commandId: freshId() }), schemaVersion: 1 };
    const gone = ['erasure.key_destroyed', 'erasure.key_forgotten'].map((type) => ({
      id: freshId(),
      type,
      data,
      metadata,
    }));
    await app.store.append(`erasure-${erasureId}`, gone, -1);
    await eventually(async () => {
      const cleared = await app.log('erasure.copies_cleared');
      expect(cleared.map((event) => event.data)).toContainEqual({ erasureId, subject, context: 'sales-activity' });
    });
  }

  it('is named no more, as customer or as user, and what is about others stays', async () => {
    const [customerId, userId] = [await others.customer({ name: '消える 人' }), await others.user('去る 人')];
    const held = await meeting(customerId, userId);
    const [about, own, kept] = [
      await task({ customerId, userId, description: '電話\n二回' }),
      await task({ userId }),
      await task({ customerId: await others.customer(), userId }),
    ];
    const change = { method: 'PUT', role: 'SALES', body: { title: 'Again' } } as const;
    await erase(`customer:${customerId}`);
    const shown = async (path: string) => (await read(app, `${path}?deleted=true`)).body;
    expect(await shown(`/api/meetings/${held}`)).toMatchObject({ summary: erased, customerName: erased });
    expect(await shown(`/api/tasks/${about}`)).toMatchObject({
      title: erased,
      description: erased,
      userName: '去る 人',
    });
    expect(await shown(`/api/tasks/${own}`)).toMatchObject({ title: '見積書を送る' });
    expect(await app.request(`/api/tasks/${about}`, change)).toMatchObject({
      status: 410,
      body: { code: 'subject_erased' },
    });

    const heir = await others.user();
    await others.tellOfUser(userId, 'user.deleted', { reassignTo: heir });
    await eventually(async () => expect(await last(`task-${own}`)).toMatchObject({ type: 'task.reassigned' }));
    await erase(`user:${userId}`);
    // Sealed anew for whoever took it over.
    expect(await shown(`/api/tasks/${own}`)).toMatchObject({ title: '見積書を送る', userId: heir });
    expect(await shown(`/api/tasks/${kept}`)).toMatchObject({ title: '見積書を送る' });
    expect(await shown(`/api/meetings/${held}`)).toMatchObject({ userName: erased, deletedReason: 'user_deleted' });
  });
});

it('what came of all that has the fields of its golden files, and stands in read models as in fresh ones', async () => {
  const own = (await app.log()).filter(({ type }) => /^(meeting|task)\./.test(type));
  expect(new Set(own.map(({ type }) => type)).size).toBe(11);
  for (const event of own) expectGoldenShape(event);
  const { projections, ...dependencies } = app.app.get(ContextRuntime, { strict: false }).readModels;
  for (const projection of projections) {
    expect(await verify(projection, dependencies)).toMatchObject({ differing: 0, differences: [] });
  }
});
