import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeCursor } from '#libs/http/src/paging.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { CustomerModule } from '../customer.module.js';
import type { CustomerPage } from '../customer-list/customer-list.dto.js';
import { change, create, type Problem, shown } from '../spec-customers.js';

let app: TestApp;
let position: string;

beforeAll(async () => {
  app = await startTestApp({ modules: [CustomerModule], contexts: ['customer'] });
});

afterAll(() => app.close());

async function add(name: string, nameKana: string | null = null, email: string | null = null, phone = '') {
  const { status, body } = await create(app, { name, nameKana, email, phone: phone || null });
  expect(status).toBe(201);
  position = body.position;
  return body.id;
}

async function search(q: string, more = ''): Promise<CustomerPage> {
  return shown<CustomerPage>(app, `/search?q=${encodeURIComponent(q)}${more}`, position);
}

const names = (page: CustomerPage): readonly string[] => page.items.map(({ name }) => name);

describe('a search', () => {
  beforeAll(async () => {
    await add('佐藤 花子', 'サトウ ハナコ', 'hanako.sato@alpha.example', '090-1234-5678');
    await add('佐藤 次郎', 'サトウ ジロウ', 'jiro@beta.example', '+81 3-9999-0001');
    await add('安佐藤 三郎', 'アサトウ サブロウ', 'saburo@gamma.example');
    await add('髙橋 さとうみ', 'タカハシ サトウミ', 'satoumi@delta.example');
    await add('Sato Consulting', null, 'info@epsilon.example');
  });

  it.each<[string, readonly string[]]>([
    ['佐藤', ['佐藤 次郎', '佐藤 花子', '安佐藤 三郎']],
    ['さとう', ['佐藤 次郎', '佐藤 花子', '安佐藤 三郎', '髙橋 さとうみ']],
    ['ｻﾄｳ ﾊﾅｺ', ['佐藤 花子']],
    ['高橋', ['髙橋 さとうみ']],
    ['佐藤花子', ['佐藤 花子']],
    ['花子　佐藤', ['佐藤 花子']],
    ['SATO', ['Sato Consulting', '髙橋 さとうみ', '佐藤 花子']],
    ['jiro@beta', ['佐藤 次郎']],
    ['佐藤 alpha', ['佐藤 花子']],
    ['1234', ['佐藤 花子']],
    ['０９０（１２３４）', ['佐藤 花子']],
    ['03-9999-0001', ['佐藤 次郎']],
    ['佐', ['佐藤 次郎', '佐藤 花子']],
    ['sa', ['Sato Consulting', '安佐藤 三郎', '髙橋 さとうみ']],
    ["%' or 1=1", []],
    ['鈴木', []],
  ])('for %s finds %j, the best first', async (q, expected) => {
    expect(names(await search(q))).toEqual(expected);
  });

  it('comes in pages that together are the whole', async () => {
    const whole = names(await search('さとう'));
    const pages: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: CustomerPage = await search('さとう', `&limit=1${cursor && `&cursor=${cursor}`}`);
      expect(page.items).toHaveLength(1);
      pages.push(...names(page));
      cursor = page.next;
    }
    expect(pages).toEqual(whole);
    const forged = encodeCursor('rank', JSON.stringify([1, 'さ']), 'nobody');
    for (const broken of ['abc', forged]) {
      expect(await search('さとう', `&cursor=${broken}`)).toMatchObject({ code: 'invalid_cursor' });
    }
  });

  it('has all who begin with it, in order, behind who is it, however many they are', async () => {
    const client = new Client(app.databaseUrls.get('customer'));
    await client.connect();
    try {
      await client.query(`with made as (
        insert into customer_search (id, active, name_key, grams)
        select gen_random_uuid(), true, 'みっちゃん' || n, array['^み', '^みっ', '^みっち', 'みっ', 'っち', 'ちゃ', 'ゃん']
        from generate_series(1, 2000) as n returning id, name_key)
        insert into customer_list (id, revision, status, name, reading, assigned, created_at, updated_at)
        select id, 0, 'active', name_key, name_key, false, now(), now() from made`);
      await add('ミッちゃん');
      const expected = Array.from({ length: 2_000 }, (_, index) => `みっちゃん${index + 1}`).toSorted();
      const found: string[] = [];
      for (let next: string | null = ''; next !== null;) {
        const page = await search('みっちゃん', `&limit=200${next && `&cursor=${next}`}`);
        found.push(...names(page));
        ({ next } = page);
      }
      expect(found).toEqual(['ミッちゃん', ...expected]);
    } finally {
      await client.query(`delete from customer_search where name_key ~ '^みっちゃん\\d'`);
      await client.query(`delete from customer_list where name ~ '^みっちゃん\\d'`);
      await client.end();
    }
  });

  it('reads through a short list of what is new in its index', async () => {
    const client = new Client(app.databaseUrls.get('customer'));
    await client.connect();
    const { rows } = await client.query(
      `select reloptions from pg_class join pg_am on pg_am.oid = relam where amname = 'gin'`,
    );
    await client.end();
    expect(rows).toEqual([{ reloptions: ['gin_pending_list_limit=128'] }]);
  });

  it('compares by code points, whatever the order of the database', async () => {
    const client = new Client(app.databaseUrls.get('customer'));
    await client.connect();
    const { rows } = await client.query<{ collated: string }>(
      `select distinct attname || ' ' || collname as collated
       from pg_attribute join pg_class on pg_class.oid = attrelid join pg_collation on pg_collation.oid = attcollation
       where relname ~ '^customer_search(_v|$)' and attname ~ '^(name|kana|email|phone)_key$'`,
    );
    await client.end();
    expect(rows.map(({ collated }) => collated).toSorted()).toEqual([
      'email_key C',
      'kana_key C',
      'name_key C',
      'phone_key C',
    ]);
  });

  it('finds active customers only, with what is known of them now', async () => {
    const id = await add('斎藤 消子', null, 'kieko@zeta.example');
    ({ position } = (await change(app, id, { method: 'PUT', body: { name: '齋藤 着子' } })).body);
    expect(names(await search('消子'))).toEqual([]);
    expect(names(await search('斎藤着'))).toEqual(['齋藤 着子']);
    ({ position } = (await change(app, id, { method: 'DELETE' })).body);
    expect(names(await search('着子'))).toEqual([]);
    ({ position } = (await change(app, `${id}/restore`)).body);
    expect(names(await search('着子'))).toEqual(['齋藤 着子']);
  });

  it.each(['', '?q=', '?q=%20'])('for nothing (%s) is refused', async (query) => {
    const answer = await app.request<Problem>(`/api/customers/search${query}`, { role: 'SALES' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });
});

describe('a customer who looks like another', () => {
  const taro = { name: '山田 太郎', email: 'taro@yamada.example', phone: '06-1111-2222', birthDate: '1970-01-01' };
  let id: string;

  beforeAll(async () => {
    ({ id } = (await create(app, taro)).body);
  });

  it.each<[string, object, readonly string[]]>([
    ['mail address', { name: 'x', email: 'Taro@Yamada.example' }, ['email']],
    ['phone number', { name: 'x', email: null, phone: '+81 6 1111 2222' }, ['phone']],
    ['name and day of birth', { ...taro, name: '山田太郎', email: null, phone: null }, ['nameAndBirthDate']],
    ['everything', taro, ['email', 'phone', 'nameAndBirthDate']],
  ])('by %s is refused with who that is', async (_by, changes, same) => {
    const { status, body } = await create(app, changes);
    expect({ status, body }).toMatchObject({
      status: 409,
      body: {
        code: 'customer_looks_like_another',
        detail: expect.stringContaining('?duplicates=allow'),
        candidates: [{ id, name: taro.name, email: taro.email, phone: taro.phone, same }],
      },
    });
  });

  it('by the name alone is none', async () => {
    expect((await create(app, { name: taro.name })).status).toBe(201);
  });

  it('is written down when somebody says that it is another, and a repeat is answered alike', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { ...taro, name: '山田 次郎' };
    const request = { role: 'SALES', headers, body } as const;
    const first = await app.request('/api/customers?duplicates=allow', request);
    expect(first.status).toBe(201);
    const created = (await app.events(`customer-${(first.body as { id: string }).id}`))[0];
    expect(created?.data).toMatchObject({ differsFrom: [id] });
    // By now others look like it, and the repeat does not say again that they are others.
    expect(await app.request('/api/customers', request)).toMatchObject({ status: 201, body: first.body });
  });

  it('may go on looking so, and is refused when a change makes it so', async () => {
    const own = { name: '別人', email: 'betsu@yamada.example', phone: '06-3333-4444' };
    const { body: created } = await create(app, own);
    const put = (body: object) => change(app, created.id, { method: 'PUT', body });
    expect(await put({ ...own, phone: taro.phone })).toMatchObject({
      status: 409,
      body: { code: 'customer_looks_like_another' },
    });
    const allowed = { method: 'PUT', role: 'SALES', body: { ...own, phone: taro.phone } } as const;
    expect((await app.request(`/api/customers/${created.id}?duplicates=allow`, allowed)).status).toBe(200);
    expect((await put({ ...own, phone: taro.phone, note: 'x' })).status).toBe(200);
  });

  it('is refused also while what customers are found by is far behind, as far as that can be known', async () => {
    const { body: known } = await create(app, { email: 'ahead@example.jp' });
    await shown(app, '/search?q=ahead', known.position);
    const client = new Client(app.databaseUrls.get('customer'));
    await client.connect();
    try {
      // Nobody moves the read model on.
      await client.query(`begin; select from consumer_checkpoints where projection = 'customer_search' for update`);
      const first = await create(app, { email: 'behind@example.jp' });
      expect(first.status).toBe(201);
      const second = await create(app);
      expect([second.status, second.headers.get('x-duplicate-check')]).toEqual([201, 'partial']);
      const put = { method: 'PUT', body: { name: '変更', email: `${randomUUID()}@example.jp` } };
      expect((await change(app, second.body.id, put)).headers.get('x-duplicate-check')).toBe('partial');
      for (const [email, candidate] of [
        ['behind@example.jp', first.body.id],
        ['ahead@example.jp', known.id],
      ]) {
        const { status, body } = await create(app, { email });
        expect({ status, body }).toMatchObject({
          status: 409,
          body: { code: 'customer_looks_like_another', candidates: [{ id: candidate, same: ['email'] }] },
        });
      }
    } finally {
      await client.end();
    }
    await eventually(async () => expect((await create(app)).headers.get('x-duplicate-check')).toBeNull());
    expect((await create(app, { email: 'behind@example.jp' })).status).toBe(409);
  });

  it('is shown five others at most', async () => {
    for (let count = 0; count < 6; count++) {
      const body = { name: `双子 ${count}`, email: 'twins@example.jp' };
      expect((await app.request('/api/customers?duplicates=allow', { role: 'SALES', body })).status).toBe(201);
    }
    const { body } = await create(app, { email: 'twins@example.jp' });
    expect((body as unknown as { candidates: object[] }).candidates).toHaveLength(5);
  });
});

describe('customers who are alike already', () => {
  interface Group {
    readonly count: number;
    readonly customers: readonly { readonly id: string; readonly name: string }[];
  }
  const scan = (query: string, position: string) =>
    shown<{ items: readonly Group[]; next: string | null }>(app, `/duplicates${query}`, position, 'MANAGER');
  const names = ({ items }: { readonly items: readonly Group[] }) =>
    items.map(({ customers }) => customers.map(({ name }) => name));

  /** One who was deleted comes back after another like them was written down. */
  async function twice(first: object, second: object): Promise<{ ids: readonly string[]; position: string }> {
    const { body: gone } = await create(app, first);
    await change(app, gone.id, { method: 'DELETE' });
    const { body: another } = await create(app, second);
    const { body } = await change(app, `${gone.id}/restore`);
    return { ids: [gone.id, another.id], position: body.position };
  }

  it('are found by what they have in common, and not once they were merged or told apart', async () => {
    await twice({ name: '一郎', email: 'a@alike.example' }, { name: '一朗', email: 'A@alike.example' });
    await create(app, { name: '三郎', email: 'c@alike.example' });
    const told = { role: 'SALES', body: { name: '三朗', email: 'c@alike.example' } } as const;
    expect((await app.request('/api/customers?duplicates=allow', told)).status).toBe(201);
    const { ids, position } = await twice(
      { name: '次郎', email: 'b@alike.example', phone: '03-9797-0001' },
      { name: '次朗', email: 'b@alike.example', phone: '+81 3 9797 0001' },
    );
    const all = await scan('', position);
    expect(names(all)).toEqual([
      ['一郎', '一朗'],
      ['次郎', '次朗'],
    ]);
    expect(all).toMatchObject({
      items: [{ count: 2 }, { count: 2, customers: ids.map((id) => ({ id })) }],
      next: null,
    });
    expect(names(await scan('?same=phone', position))).toEqual([['次郎', '次朗']]);
    const first = await scan('?limit=1', position);
    expect(names(first)).toEqual([['一郎', '一朗']]);
    expect(names(await scan(`?limit=1&cursor=${first.next}`, position))).toEqual([['次郎', '次朗']]);

    await change(app, `${ids[0]}/merge`, { body: { mergedCustomerId: ids[1] } });
    await eventually(async () => expect(names(await scan('', position))).toEqual([['一郎', '一朗']]));
  });

  it('are found by name and day of birth, or name and postal code', async () => {
    const hana = { name: '同姓 同名', email: null, birthDate: '1999-09-09', postalCode: '999-0001' };
    const { position } = await twice(hana, { ...hana, name: '同姓同名', postalCode: '9990001' });
    expect(names(await scan('?same=nameAndBirthDate', position))).toEqual([['同姓 同名', '同姓同名']]);
    const byPostalCode = await scan('?same=nameAndPostalCode&limit=1', position);
    expect(names(byPostalCode)).toEqual([['同姓 同名', '同姓同名']]);
    expect(byPostalCode.next).toBeNull();
  });

  it('are for those who merge, and a wrong question is refused', async () => {
    const ask = (query: string, role: 'MANAGER' | 'SALES') =>
      app.request<Problem>(`/api/customers/duplicates${query}`, { role });
    expect(await ask('', 'SALES')).toMatchObject({ status: 403, body: { code: 'permission_denied' } });
    for (const query of ['?same=note', '?limit=51', '?limit=0']) {
      expect(await ask(query, 'MANAGER')).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    }
    expect(await ask('?cursor=x', 'MANAGER')).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
  });
});
