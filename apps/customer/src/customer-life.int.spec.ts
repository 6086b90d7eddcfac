import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContextRuntime } from '#libs/event-sourcing/src/context-runtime.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { verify } from '#libs/event-sourcing/src/verify.js';
import { erased } from '#libs/events/src/erased.js';
import { SubjectKeys } from '#libs/personal-data/src/subject-keys.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { expectGoldenShape } from '../../../test/golden/golden-events.js';
import type { CustomerPage, CustomerView } from './customer-list/customer-list.dto.js';
import { CustomerModule } from './customer.module.js';
import { addUser, change, create, shown, tell } from './spec-customers.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ modules: [CustomerModule], contexts: ['customer'] });
});

afterAll(() => app.close());

const typesOf = async (id: string) => (await app.events(`customer-${id}`)).map(({ type }) => type);
const one = async (id: string) => (await app.request<CustomerView>(`/api/customers/${id}`, { role: 'SALES' })).body;
const remove = (userId: string, data: object = {}) => tell(app, userId, { type: 'user.deleted', data });

describe('when a user is deleted', () => {
  it('their customers go to who was named', async () => {
    const [gone, heir] = [await addUser(app), await addUser(app, 'MANAGER')];
    const customers = await Promise.all(Array.from({ length: 12 }, () => create(app, { assignedSalesId: gone.id })));
    await remove(gone.id, { reassignTo: heir.id });
    for (const { body } of customers) {
      await eventually(async () => expect((await one(body.id)).assignedSalesId).toBe(heir.id));
      const last = (await app.events(`customer-${body.id}`)).at(-1);
      expect(last).toMatchObject({
        type: 'customer.assigned',
        data: { previousSalesId: gone.id, cause: 'user_deleted' },
      });
    }
  });

  it('else to whoever has fewest, and to nobody when nobody is left', async () => {
    const [gone, few, none] = [await addUser(app), await addUser(app), await addUser(app)];
    await create(app, { assignedSalesId: few.id });
    const customers = await Promise.all(Array.from({ length: 7 }, () => create(app, { assignedSalesId: gone.id })));
    const ids = customers.map(({ body }) => body.id);
    const counts = async () => {
      const salesIds = await Promise.all(ids.map(async (id) => (await one(id)).assignedSalesId));
      return [few, none].map(({ id }) => salesIds.filter((salesId) => salesId === id).length);
    };
    await remove(gone.id);
    // The one of the test before has twelve.
    await eventually(async () => {
      const [toFew, toNone] = await counts();
      expect(toFew! + toNone!).toBe(7);
      expect(Math.min(toFew!, toNone!)).toBeGreaterThan(2);
    });
    await remove(few.id);
    await eventually(async () => expect(await counts()).toEqual([0, 7]));
    const others = (await app.log('user.created')).map(({ data }) => (data as { userId: string }).userId);
    for (const id of others) await remove(id);
    await eventually(async () => {
      const left = await app.request<CustomerPage>('/api/customers?assigned=false&limit=200', { role: 'SALES' });
      expect(left.body.items.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    });
  });

  it('somebody who was named and looks after no customers gets none', async () => {
    const [gone, named] = [await addUser(app), await addUser(app, 'SUPPORT')];
    const { body } = await create(app, { assignedSalesId: gone.id });
    await remove(gone.id, { reassignTo: named.id });
    await eventually(async () => expect((await one(body.id)).assignedSalesId).toBeNull());
  });

  it('a customer who comes back later does not stay with them, and one that is deleted waits', async () => {
    const gone = await addUser(app);
    const { body } = await create(app, { assignedSalesId: gone.id });
    await change(app, body.id, { method: 'DELETE' });
    await remove(gone.id);
    const { body: restored } = await change(app, `${body.id}/restore`);
    await shown(app, `/${body.id}`, restored.position);
    await eventually(async () => expect((await one(body.id)).assignedSalesId).not.toBe(gone.id));
    expect((await one(body.id)).status).toBe('active');
  });
});

describe('merging two customers', () => {
  const merge = (into: string, mergedCustomerId: string, take: readonly string[] = []) =>
    change(app, `${into}/merge`, { body: { mergedCustomerId, take } });

  it('leaves one, with what was known of the other, and both histories', async () => {
    const { body: kept } = await create(app, { name: '残', phone: null });
    const { body: gone } = await create(app, { name: '消', phone: '03-7777-0001', note: 'vip' });
    const { status } = await merge(kept.id, gone.id, ['name']);
    expect(status).toBe(202);
    await eventually(async () =>
      expect(await one(kept.id)).toMatchObject({ status: 'active', name: '消', phone: '03-7777-0001', note: 'vip' }),
    );
    await eventually(async () => expect(await one(gone.id)).toMatchObject({ status: 'merged', mergedInto: kept.id }));
    expect(await typesOf(kept.id)).toEqual([
      'customer.created',
      'customer.merge_requested',
      'customer.absorbed',
      'customer.updated',
    ]);
    expect(await typesOf(gone.id)).toEqual(['customer.created', 'customer.merged']);
    for (const id of [kept.id, gone.id]) {
      for (const event of await app.events(`customer-${id}`)) expectGoldenShape(event);
    }
    const types = async (id: string) => {
      const path = `/api/customers/${id}/timeline?sort=at`;
      const { body } = await app.request<{ items: { eventType: string }[] }>(path, { role: 'SALES' });
      return body.items.map(({ eventType }) => eventType);
    };
    await eventually(async () =>
      expect(await types(kept.id)).toEqual([
        'customer.created',
        'customer.created',
        'customer.absorbed',
        'customer.updated',
      ]),
    );
    expect(await types(gone.id), 'until they became part of the other').toEqual(['customer.created']);
    const parts = `/api/customers?status=merged&mergedInto=${kept.id}`;
    const { body } = await app.request<CustomerPage>(parts, { role: 'SALES' });
    expect(body.items.map(({ id }) => id)).toEqual([gone.id]);

    const late = await change(app, gone.id, { method: 'PUT', body: { name: 'x' } });
    expect(late).toMatchObject({ status: 409, body: { code: 'customer_is_merged', intoCustomerId: kept.id } });
    expect(await merge(kept.id, gone.id)).toMatchObject({ status: 409, body: { code: 'customer_is_merged' } });
  });

  it('repeated with its key answers as it did', async () => {
    const [{ body: kept }, { body: gone }] = [await create(app), await create(app)];
    const request = { headers: { 'idempotency-key': randomUUID() }, body: { mergedCustomerId: gone.id } };
    const first = await change(app, `${kept.id}/merge`, request);
    await eventually(async () => expect(await one(gone.id)).toMatchObject({ status: 'merged' }));
    expect(await change(app, `${kept.id}/merge`, request)).toMatchObject({ status: 202, body: first.body });
  });

  it('of each into the other at once loses neither', async () => {
    const [{ body: a }, { body: b }] = [await create(app), await create(app)];
    const answers = await Promise.all([merge(a.id, b.id), merge(b.id, a.id)]);
    expect(answers.some(({ status }) => status === 202)).toBe(true);
    await eventually(async () => {
      for (const id of [a.id, b.id]) {
        const types = await typesOf(id);
        const ended = types.filter((type) => ['customer.absorbed', 'customer.merge_abandoned'].includes(type));
        expect(ended).toHaveLength(types.filter((type) => type === 'customer.merge_requested').length);
      }
    });
    const statuses = await eventually(async () => {
      const found = [(await one(a.id)).status, (await one(b.id)).status];
      expect(found).toContain('active');
      return found;
    });
    expect(statuses.filter((status) => status === 'merged').length).toBeLessThanOrEqual(1);
  });

  it('asked for twice at once takes place once, and the second one is told', async () => {
    const [{ body: kept }, { body: gone }] = [await create(app), await create(app)];
    const answers = await Promise.all([merge(kept.id, gone.id), merge(kept.id, gone.id)]);
    expect(answers.map(({ status }) => status)).toEqual(expect.arrayContaining([202, 409]));
    const refused = answers.find(({ status }) => status === 409);
    expect(['customer_is_merging', 'customer_is_merged']).toContain(refused?.body.code);
    await eventually(async () => expect(await typesOf(kept.id)).toContain('customer.absorbed'));
    expect(await merge(kept.id, gone.id)).toMatchObject({ status: 409, body: { code: 'customer_is_merged' } });
    expect((await typesOf(kept.id)).filter((type) => type.startsWith('customer.merge'))).toHaveLength(1);
  });

  it('needs two that are there', async () => {
    const { body } = await create(app);
    expect(await merge(body.id, randomUUID())).toMatchObject({ status: 404, body: { code: 'customer_not_found' } });
    expect(await merge(randomUUID(), body.id)).toMatchObject({ status: 404, body: { code: 'customer_not_found' } });
    expect(await merge(body.id, body.id)).toMatchObject({ status: 422, body: { code: 'merge_with_itself' } });
    const { status } = await change(app, `${body.id}/merge`, { role: 'SALES', body: { mergedCustomerId: body.id } });
    expect(status).toBe(403);
  });
});

describe('the past of a customer', () => {
  it('is shown as it was, and field by field with who and when', async () => {
    const { body: created } = await create(app, { name: '一郎', phone: '03-8888-0001', email: null });
    const first = (await app.events(`customer-${created.id}`))[0]!.metadata.occurredAt;
    await eventually(() => expect(Date.now()).toBeGreaterThan(Date.parse(first)));
    const record = { name: '一郎', phone: null, riskTolerance: 'high' };
    await change(app, created.id, { method: 'PUT', role: 'SALES', body: record });

    const then = await app.request(`/api/customers/${created.id}?asOf=${first}`, { role: 'COMPLIANCE' });
    expect(then.body).toMatchObject({ phone: '03-8888-0001', riskTolerance: null, revision: 0 });
    expect(then.headers.get('etag')).toBeNull();
    const before = await app.request(`/api/customers/${created.id}?asOf=2020-01-01T00:00:00Z`, { role: 'SALES' });
    expect(before).toMatchObject({ status: 404, body: { code: 'customer_not_found' } });

    const changes = await app.request(`/api/customers/${created.id}/changes`, { role: 'COMPLIANCE' });
    expect(changes.body).toMatchObject({
      items: [
        { eventType: 'customer.created', at: first, by: { id: 'test-manager', role: 'MANAGER' } },
        {
          revision: 1,
          by: { id: 'test-sales', role: 'SALES' },
          changes: [
            { field: 'phone', from: '03-8888-0001', to: null },
            { field: 'riskTolerance', from: null, to: 'high' },
          ],
        },
      ],
      next: null,
    });
    const history = await app.request(`/api/customers/${created.id}/history?limit=1`, { role: 'SALES' });
    expect(history.body).toMatchObject({ items: [{ eventType: 'customer.created' }], next: expect.any(String) });
    for (const route of ['history', 'changes']) {
      const unknown = await app.request(`/api/customers/${randomUUID()}/${route}`, { role: 'SALES' });
      expect(unknown).toMatchObject({ status: 404, body: { code: 'customer_not_found' } });
    }
  });
});

it('the timeline of a customer tells what happened to them in all contexts, newest first', async () => {
  const { body } = await create(app);
  const meetingId = randomUUID();
  const data = { meetingId, customerId: body.id, userId: 'u', date: '2026-01-05T09:00:00Z', summary: '面談' };
  const metadata = { ...testContext({ commandId: freshId(), occurredAt: new Date().toISOString() }), schemaVersion: 1 };
  const created = { id: freshId(), type: 'meeting.created', data, metadata };
  const { position } = await app.store.append(`meeting-${meetingId}`, [created], -1);
  const timeline = await shown(app, `/${body.id}/timeline`, String(position));
  expect(timeline).toMatchObject({
    items: [
      { eventType: 'meeting.created', kind: 'meeting', subjectId: meetingId, text: '面談' },
      { eventType: 'customer.created', subjectId: body.id, actorId: 'test-manager' },
    ],
    next: null,
  });
  const { items } = await shown<{ items: object[] }>(app, `/${body.id}/timeline?kind=customer`, String(position));
  expect(items).toHaveLength(1);
  const unknown = await app.request(`/api/customers/${randomUUID()}/timeline`, { role: 'SALES' });
  expect(unknown).toMatchObject({ status: 404, body: { code: 'customer_not_found' } });
});

describe('an erased customer', () => {
  const personal = /鈴木|すずき|スズキ|suzuki|5555|神奈川|1990-0|犬/;
  const suzuki = {
    name: '鈴木 一',
    nameKana: 'スズキ ハジメ',
    email: 'suzuki@example.jp',
    phone: '045-5555-5555',
    address: '神奈川県横浜市',
    birthDate: '1990-02-03',
    note: '犬がいる',
  };

  it('stands nowhere any more, and the context says so', async () => {
    const { body } = await create(app, suzuki);
    expect(await shown(app, `/${body.id}`, body.position)).toMatchObject(suzuki);
    expect(JSON.stringify((await app.store.readLog(undefined, 10_000)).map(({ event }) => event?.data))).not.toMatch(
      personal,
    );
    const subject = `customer:${body.id}`;
    await app.app.get(SubjectKeys, { strict: false }).destroy(subject);
    const [erasureId, metadata] = [freshId(), { ...testContext({ commandId: freshId() }), schemaVersion: 1 }];
    const destroyed = { type: 'erasure.key_destroyed', data: { erasureId, subject, destroyedAt: '' } };
    const forgotten = { type: 'erasure.key_forgotten', data: { erasureId, subject } };
    const events = [destroyed, forgotten].map((event) => ({ id: freshId(), ...event, metadata }));
    await app.store.append(`erasure-${erasureId}`, events, -1);
    await eventually(async () => {
      const cleared = await app.log('erasure.copies_cleared');
      expect(cleared.map(({ data }) => data)).toContainEqual({ erasureId, subject, context: 'customer' });
    });
    const shownNow = await one(body.id);
    expect(shownNow).toMatchObject({ name: erased, email: erased, note: erased, status: 'active' });
    for (const path of ['', '/history', '/changes', '?asOf=2100-01-01T00:00:00Z']) {
      const answer = await app.request(`/api/customers/${body.id}${path}`, { role: 'COMPLIANCE' });
      expect([answer.status, JSON.stringify(answer.body).match(personal)]).toEqual([200, null]);
    }
    const found = await app.request('/api/customers/search?q=suzuki', { role: 'SALES' });
    expect(found.body).toMatchObject({ items: [] });
    const again = await change(app, body.id, { method: 'PUT', body: suzuki });
    expect(again).toMatchObject({ status: 410, body: { code: 'subject_erased' } });

    const { projections, ...dependencies } = app.app.get(ContextRuntime, { strict: false }).readModels;
    for (const projection of projections) {
      expect(await verify(projection, dependencies)).toMatchObject({ differing: 0, differences: [] });
    }
  });
});
