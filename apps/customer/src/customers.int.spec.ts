import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allOf } from '#libs/testing/src/crowd.js';
import { startTestApp, type TestApp, type TestRequest } from '#libs/testing/src/test-app.js';
import { expectGoldenShape } from '../../../test/golden/golden-events.js';
import type { CustomerPage, CustomerView } from './customer-list/customer-list.dto.js';
import { CustomerModule } from './customer.module.js';
import { addUser, change, create, shown } from './spec-customers.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ modules: [CustomerModule], contexts: ['customer'] });
});

afterAll(() => app.close());

const hanako = {
  name: '佐藤 花子',
  nameKana: 'サトウ ハナコ',
  email: 'hanako.sato@example.jp',
  phone: '090-1234-5678',
  postalCode: '100-0001',
  address: '東京都千代田区千代田1-1',
  birthDate: '1980-04-01',
  note: '平日の午後に電話を希望\n犬がいる',
  investmentProfile: 'moderate',
  riskTolerance: 'medium',
};

/** The same person as nobody else is: without what others could have in common with her. */
const alone = { ...hanako, phone: null, birthDate: null, postalCode: null };

describe('writing a customer down', () => {
  it('answers where they stand, stores what was said and shows it', async () => {
    const sales = await addUser(app);
    const { status, body, headers } = await create(app, { ...hanako, assignedSalesId: sales.id });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/customers/${body.id}`);
    expect(headers.get('etag')).toBe('"1"');
    const events = await app.events(`customer-${body.id}`);
    expect(events.map(({ type, data }) => ({ type, data }))).toEqual([
      { type: 'customer.created', data: { customerId: body.id, ...hanako, assignedSalesId: sales.id } },
      {
        type: 'customer.assigned',
        data: { customerId: body.id, assignedSalesId: sales.id, previousSalesId: null, cause: 'created' },
      },
    ]);
    for (const event of events) expectGoldenShape(event);
    const when = events[0]?.metadata.occurredAt;
    expect(await shown<CustomerView>(app, `/${body.id}`, body.position)).toEqual({
      id: body.id,
      status: 'active',
      ...hanako,
      assignedSalesId: sales.id,
      mergedInto: null,
      createdAt: when,
      updatedAt: when,
      deletedAt: null,
      revision: 1,
    });
  });

  it('takes a name alone: nothing else need be known', async () => {
    const { status, body } = await create(app, { name: '無名', email: null });
    expect(status).toBe(201);
    expect((await app.events(`customer-${body.id}`))[0]?.data).toMatchObject({ email: null, assignedSalesId: null });
  });

  it('repeated with its key answers the same and stores one customer', async () => {
    const request = { headers: { 'idempotency-key': randomUUID() }, body: { ...alone, email: 'once@example.jp' } };
    const first = await create(app, {}, request);
    const again = await Promise.all([create(app, {}, request), create(app, {}, request)]);
    for (const answer of again) expect(answer).toMatchObject({ status: 201, body: first.body });
    expect(await app.events(`customer-${first.body.id}`)).toHaveLength(1);
  });

  it.each<[string, object, string]>([
    ['no name', { name: ' ' }, '/name'],
    ['a wrong mail address', { email: 'hanako' }, '/email'],
    ['a phone number that is none', { phone: '12345' }, '/phone'],
    ['a wrong day', { birthDate: '1980-02-30' }, '/birthDate'],
    ['an unknown profile', { investmentProfile: 'wild' }, '/investmentProfile'],
    ['an unknown risk tolerance', { riskTolerance: 'none' }, '/riskTolerance'],
    ['a sales person that is no id', { assignedSalesId: 'sato' }, '/assignedSalesId'],
    ['an unknown field', { rank: 5 }, '/rank'],
  ])('with %s is refused and says where', async (_name, changes, pointer) => {
    const { status, body } = await create(app, changes);
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(JSON.stringify(body)).toContain(`"pointer":"${pointer}"`);
  });

  it('for a sales person whom nobody knows, who is none, or by one for another is refused', async () => {
    const sales = await addUser(app);
    const support = await addUser(app, 'SUPPORT');
    expect(await create(app, { assignedSalesId: randomUUID() })).toMatchObject({
      status: 422,
      body: { code: 'sales_person_unknown', detail: expect.stringContaining('GET /api/auth/users') },
    });
    expect(await create(app, { assignedSalesId: support.id })).toMatchObject({
      status: 422,
      body: { code: 'not_a_sales_person' },
    });
    const { token } = await addUser(app);
    const answer = await app.request('/api/customers', { token, body: { name: 'x', assignedSalesId: sales.id } });
    expect(answer).toMatchObject({ status: 403, body: { code: 'permission_denied' } });
  });
});

describe('changing a customer', () => {
  it('stores the whole record and what changed, and nothing when nothing did', async () => {
    const { body: created } = await create(app, { ...alone, phone: '03-1111-1111', email: 'a@example.jp' });
    const record = { ...alone, email: 'a@example.jp', phone: '03-1111-2222', note: null };
    const request = { method: 'PUT', body: record, headers: { 'if-match': '"0"' } };
    const { status, body } = await change(app, created.id, request);
    expect({ status, body }).toMatchObject({ status: 200, body: { revision: 1 } });
    const [, updated] = await app.events(`customer-${created.id}`);
    expect(updated).toMatchObject({
      type: 'customer.updated',
      data: { customerId: created.id, ...record, assignedSalesId: null, changed: ['phone', 'note'] },
    });
    const same = await change(app, created.id, { method: 'PUT', body: record });
    expect(same).toMatchObject({ status: 200, body: { revision: 1 } });
  });

  it('of a thousand at once from one reading lets one through and tells the others who won', async () => {
    const customers = await Promise.all(Array.from({ length: 10 }, async () => (await create(app)).body));
    const writers = Array.from({ length: 100 }, () => randomUUID());
    const edits = customers.flatMap(({ id }) =>
      writers.map((sub) => async () => {
        const token = app.token({ roles: ['SALES'], sub });
        const body = { name: `客 ${id}`, note: sub };
        return change(app, id, { method: 'PUT', token, headers: { 'if-match': '"0"' }, body });
      }),
    );
    const answers = await allOf(edits);
    expect(answers).toHaveLength(1000);
    for (const [index, { id }] of customers.entries()) {
      const own = answers.slice(index * 100, (index + 1) * 100);
      const won = writers.filter((_, each) => own[each]?.status === 200);
      expect(won).toHaveLength(1);
      for (const lost of own.filter(({ status }) => status !== 200)) {
        expect(lost).toMatchObject({ status: 412, body: { code: 'revision_mismatch', changedBy: { actor: won[0] } } });
      }
      const [, updated, ...more] = await app.events(`customer-${id}`);
      expect(more).toEqual([]);
      expect(updated?.data).toMatchObject({ note: won[0] });
    }
  }, 60_000);

  it('of many at once that ask for no revision loses none', async () => {
    const customers = await Promise.all(Array.from({ length: 10 }, async () => (await create(app)).body));
    const edits = customers.flatMap(({ id }) =>
      Array.from({ length: 20 }, (_, index) => async () => {
        const note = `${index}`;
        return change(app, id, { method: 'PUT', body: { name: `客 ${id}`, note } });
      }),
    );
    const answers = await allOf(edits);
    expect(answers.flatMap(({ status, body }) => (status === 200 ? [] : [body.code]))).toEqual([]);
    for (const { id } of customers) {
      const notes = (await app.events(`customer-${id}`)).slice(1).map(({ data }) => (data as { note: string }).note);
      expect(notes.toSorted()).toEqual(Array.from({ length: 20 }, (_, index) => `${index}`).toSorted());
    }
  }, 60_000);

  it('by whatever route from an old reading is refused and says who won', async () => {
    const [sales, { body: created }, { body: another }] = [await addUser(app), await create(app), await create(app)];
    const headers = { 'if-match': '"0"' };
    const record = { name: '変わった', note: '先に書いた' };
    const won = await change(app, created.id, { method: 'PUT', role: 'SALES', body: record, headers });
    expect(won).toMatchObject({ status: 200, body: { revision: 1 } });
    const late: readonly (readonly [string, TestRequest])[] = [
      ['', { method: 'PUT', body: { name: '遅い' } }],
      ['', { method: 'DELETE' }],
      ['/restore', {}],
      ['/assign', { body: { salesId: sales.id } }],
      ['/claim', { token: sales.token }],
      ['/merge', { body: { mergedCustomerId: another.id } }],
    ];
    for (const [path, request] of late) {
      const { status, body } = await change(app, created.id + path, { ...request, headers });
      expect({ path, status, body }).toMatchObject({
        status: 412,
        body: { code: 'revision_mismatch', changedBy: { actor: 'test-sales' } },
      });
    }
    expect(await app.events(`customer-${created.id}`)).toHaveLength(2);
  });

  it('without If-Match overwrites what came before, and the history keeps it', async () => {
    const { body: created } = await create(app, { name: '元', email: null });
    await change(app, created.id, { method: 'PUT', body: { name: '元', note: '先' } });
    const { status, body } = await change(app, created.id, { method: 'PUT', role: 'SALES', body: { name: '後' } });
    expect(status).toBe(200);
    expect(await shown(app, `/${created.id}`, body.position)).toMatchObject({ name: '後', note: null });
    const changes = await app.request(`/api/customers/${created.id}/changes`, { role: 'SALES' });
    expect(JSON.stringify(changes.body)).toContain('先');
  });

  it('that nobody has written down is refused', async () => {
    const answer = await change(app, randomUUID(), { method: 'PUT', body: { name: 'x' } });
    expect(answer).toMatchObject({ status: 404, body: { code: 'customer_not_found' } });
    const one = await app.request(`/api/customers/${randomUUID()}`, { role: 'SALES' });
    expect(one).toMatchObject({ status: 404, body: { code: 'customer_not_found' } });
  });
});

describe('deleting a customer', () => {
  it('puts them away; restoring brings them back as they were', async () => {
    const { body: created } = await create(app, { ...alone, email: 'c@example.jp' });
    const { body: deleted } = await change(app, created.id, { method: 'DELETE' });
    const gone = await shown<CustomerView>(app, `/${created.id}`, deleted.position);
    expect(gone).toMatchObject({ status: 'deleted', name: hanako.name });
    expect(gone.deletedAt).not.toBeNull();
    const ids = async (status: string, position: string) =>
      (await shown<CustomerPage>(app, `?status=${status}&limit=200`, position)).items.map(({ id }) => id);
    expect(await ids('active', deleted.position)).not.toContain(created.id);
    expect(await ids('deleted', deleted.position)).toContain(created.id);

    const edit = await change(app, created.id, { method: 'PUT', body: alone });
    expect(edit).toMatchObject({ status: 409, body: { code: 'customer_is_deleted' } });
    expect((await change(app, created.id, { method: 'DELETE' })).body.revision).toBe(1);

    const { body: restored } = await change(app, `${created.id}/restore`);
    expect(await shown(app, `/${created.id}`, restored.position)).toMatchObject({
      status: 'active',
      deletedAt: null,
      email: 'c@example.jp',
    });
    const events = await app.events(`customer-${created.id}`);
    expect(events.map(({ type }) => type)).toEqual(['customer.created', 'customer.deleted', 'customer.restored']);
    for (const event of events) expectGoldenShape(event);
  });

  it('is for managers', async () => {
    const { body } = await create(app);
    const answer = await change(app, body.id, { method: 'DELETE', role: 'SALES' });
    expect(answer).toMatchObject({ status: 403, body: { code: 'permission_denied' } });
  });
});

it('the list shows those who fit, in the order that is asked for, page by page', async () => {
  const sales = await addUser(app);
  const add = (name: string, changes: object) => create(app, { name, assignedSalesId: sales.id, ...changes });
  await add('渡辺', { nameKana: 'ワタナベ', investmentProfile: 'moderate', riskTolerance: 'high' });
  await add('安藤', { nameKana: 'アンドウ', investmentProfile: 'moderate', riskTolerance: 'low' });
  const { body: last } = await add('加藤', { nameKana: 'ｶﾄｳ', investmentProfile: 'aggressive', riskTolerance: 'high' });
  const list = (query: string) =>
    shown<CustomerPage>(app, `?assignedSalesId=${sales.id}&assigned=true&${query}`, last.position);
  const names = async (query: string) => (await list(query)).items.map(({ name }) => name);
  expect(await names('')).toEqual(['加藤', '安藤', '渡辺']);
  expect(await names('sort=reading')).toEqual(['安藤', '加藤', '渡辺']);
  expect(await names('sort=createdAt&investmentProfile=moderate')).toEqual(['渡辺', '安藤']);
  expect(await names('sort=reading&riskTolerance=high')).toEqual(['加藤', '渡辺']);
  expect(await names('investmentProfile=moderate&riskTolerance=high')).toEqual(['渡辺']);
  const bySales = await shown<CustomerPage>(app, `/by-sales/${sales.id}?riskTolerance=low`, last.position);
  expect(bySales.items.map(({ name }) => name)).toEqual(['安藤']);

  const first = await list('sort=reading&limit=2&total=true');
  expect(first).toMatchObject({ items: [{ name: '安藤' }, { name: '加藤' }], total: 3 });
  expect(await list(`sort=reading&limit=2&cursor=${first.next}`)).toMatchObject({
    items: [{ name: '渡辺' }],
    next: null,
  });
  for (const [query, code] of [
    ['investmentProfile=wild', 'validation_failed'],
    ['riskTolerance=none', 'validation_failed'],
    ['status=gone', 'validation_failed'],
    ['assigned=maybe', 'validation_failed'],
    ['limit=201', 'validation_failed'],
    ['sort=note', 'unknown_sort'],
    [`sort=name&cursor=${first.next}`, 'invalid_cursor'],
  ]) {
    const answer = await app.request(`/api/customers?${query}`, { role: 'SALES' });
    expect(answer, query).toMatchObject({ status: 400, body: { code } });
  }
});

describe('who looks after a customer', () => {
  it('is decided by a manager', async () => {
    const [first, second] = [await addUser(app), await addUser(app)];
    const { body: created } = await create(app, { assignedSalesId: first.id });
    const { body } = await change(app, `${created.id}/assign`, { body: { salesId: second.id } });
    const ids = async ({ id }: { id: string }) =>
      (await shown<CustomerPage>(app, `/by-sales/${id}`, body.position)).items.map((item) => item.id);
    expect([await ids(first), await ids(second)]).toEqual([[], [created.id]]);
    const { body: freed } = await change(app, `${created.id}/assign`, { body: { salesId: null } });
    const free = await shown<CustomerPage>(app, '?assigned=false&limit=200', freed.position);
    expect(free.items.map(({ id }) => id)).toContain(created.id);
    const events = await app.events(`customer-${created.id}`);
    expect(events.slice(2).map(({ data }) => data)).toMatchObject([
      { assignedSalesId: second.id, previousSalesId: first.id, cause: 'requested' },
      { assignedSalesId: null, previousSalesId: second.id, cause: 'requested' },
    ]);
    const denied = await change(app, `${created.id}/assign`, { role: 'SALES', body: { salesId: null } });
    expect(denied.status).toBe(403);
  });

  it('is whoever of a thousand claims first; the others are told who', async () => {
    const customers = await Promise.all(Array.from({ length: 10 }, async () => (await create(app)).body));
    const users = await Promise.all(Array.from({ length: 100 }, () => addUser(app)));
    const claim = (id: string, token: string) => change(app, `${id}/claim`, { token });
    const claims = customers.flatMap(({ id }) =>
      users.map(
        ({ token }) =>
          async () =>
            claim(id, token),
      ),
    );
    const answers = await allOf(claims);
    expect(answers).toHaveLength(1000);
    for (const [index, { id }] of customers.entries()) {
      const own = answers.slice(index * 100, (index + 1) * 100);
      const won = users.filter((_, each) => own[each]?.status === 200);
      expect(won).toHaveLength(1);
      for (const lost of own.filter(({ status }) => status !== 200)) {
        const body = { code: 'customer_is_assigned', assignedSalesId: won[0]!.id };
        expect(lost).toMatchObject({ status: 409, body });
      }
      expect((await app.events(`customer-${id}`)).map(({ type }) => type)).toEqual([
        'customer.created',
        'customer.assigned',
      ]);
      expect((await claim(id, won[0]!.token)).body.revision).toBe(1);
    }
  }, 60_000);
});
