import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { startTestApp, type TestApp, type TestRequest } from '#libs/testing/src/test-app.js';
import { CustomerModule } from '../customer.module.js';
import { addUser, create, type Problem, shown } from '../spec-customers.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ modules: [CustomerModule], contexts: ['customer'] });
});

afterAll(() => app.close());

interface Import {
  readonly id: string;
  readonly status: string;
  readonly rows: number;
}

interface Rows {
  readonly items: readonly { readonly row: number; readonly outcome: string; readonly customerId: string | null }[];
  readonly next: string | null;
}

async function send(file: string, query = '', key: string = randomUUID(), request: TestRequest = {}) {
  const headers = { 'content-type': 'text/csv', 'idempotency-key': key };
  const path = `/api/customers/imports${query}`;
  return app.request<Import & Problem>(path, { role: 'MANAGER', method: 'POST', body: file, headers, ...request });
}

async function finished(id: string): Promise<Import> {
  return eventually(async () => {
    const { body } = await app.request<Import>(`/api/customers/imports/${id}`, { role: 'MANAGER' });
    expect(body.status).toBe('finished');
    return body;
  });
}

async function rowsOf(id: string, query = ''): Promise<Rows> {
  return (await app.request<Rows>(`/api/customers/imports/${id}/rows${query}`, { role: 'MANAGER' })).body;
}

async function query<Row>(sql: string): Promise<Row[]> {
  const client = new Client(app.databaseUrls.get('customer'));
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

const imported = async (id: string) =>
  (await app.log('customer.created')).filter(({ data }) => (data as { importId?: string }).importId === id);

describe('an import', () => {
  it('writes down whom it can, marks who is there already, and says what is wrong with the others', async () => {
    const sales = await addUser(app);
    const { body: known } = await create(app, { email: 'known@example.jp' });
    const file = [
      '氏名,フリガナ,メール,電話番号,担当者',
      `佐藤 一,サトウ ハジメ,hajime@import.example,03-4000-0001,${sales.id}`,
      '田中 二,,KNOWN@example.jp,,',
      '佐藤 三,,,+81 3-4000-0001,',
      ',,nobody,,',
      `高橋 五,,,,${randomUUID()}`,
      '伊藤 六',
      '渡辺 七,,,,',
    ].join('\n');
    const { status, body, headers } = await send(file);
    expect({ status, body }).toMatchObject({ status: 202, body: { rows: 7, dryRun: false, duplicates: 'skip' } });
    expect(headers.get('location')).toBe(`/api/customers/imports/${body.id}`);
    expect(await finished(body.id)).toMatchObject({ created: 2, duplicate: 2, invalid: 3 });

    const { items } = await rowsOf(body.id);
    expect(items).toMatchObject([
      { row: 2, outcome: 'created', customerId: expect.any(String), looksLike: { customers: [], rows: [] } },
      { row: 3, outcome: 'duplicate', customerId: null, looksLike: { customers: [known.id], rows: [] } },
      { row: 4, outcome: 'duplicate', looksLike: { customers: [], rows: [2] } },
      { row: 5, outcome: 'invalid', errors: [{ column: 'name' }, { column: 'email' }] },
      { row: 6, outcome: 'invalid', errors: [{ column: 'assignedSalesId' }] },
      { row: 7, outcome: 'invalid', errors: [{ column: '', detail: expect.stringContaining('1 cells') }] },
      { row: 8, outcome: 'created' },
    ]);
    const events = await imported(body.id);
    expect(events.map(({ data }) => data)).toMatchObject([
      { customerId: items[0]!.customerId, name: '佐藤 一', assignedSalesId: sales.id },
      { name: '渡辺 七' },
    ]);
    expect(events[0]?.metadata.actor).toMatchObject({ id: 'test-manager', role: 'MANAGER' });
    expect(await query('select * from customer_import_batches')).toEqual([]);

    const first = await rowsOf(body.id, '?outcome=invalid&limit=2');
    expect(first.items.map(({ row }) => row)).toEqual([5, 6]);
    expect((await rowsOf(body.id, `?outcome=invalid&limit=2&cursor=${first.next}`)).items).toMatchObject([{ row: 7 }]);
  });

  it('sent twice with its key, also at once, is one; another file under the key is refused', async () => {
    const file = `name,email\n${Array.from({ length: 20 }, (_, n) => `客 ${n},once-${n}@example.jp`).join('\n')}\n`;
    const key = randomUUID();
    const answers = await Promise.all([send(file, '', key), send(file, '', key)]);
    const [id] = answers.map(({ body }) => body.id);
    expect(answers.map(({ status, body }) => [status, body.id])).toEqual([
      [202, id],
      [202, id],
    ]);
    expect(await finished(id!)).toMatchObject({ rows: 20, created: 20, duplicate: 0 });
    expect((await send(file, '', key)).body).toMatchObject({ id, status: 'finished', created: 20 });
    expect(await imported(id!)).toHaveLength(20);
    const other = await send(`${file}x,\n`, '', key);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    const again = await finished((await send(file)).body.id);
    expect(again).toMatchObject({ created: 0, duplicate: 20 });
  });

  it('goes on after a crash where it was, and writes nobody down twice', async () => {
    const file = `name\n${Array.from({ length: 201 }, (_, n) => `再開 ${n}`).join('\n')}`;
    const key = randomUUID();
    // The note that a batch is done fails, as after a crash that comes between it and the batch's customers.
    await query('alter table customer_import_rows rename to away');
    const { body } = await send(file, '', key);
    const failed = /_sweeps_total\{.*customer-imports.*failed.*\} [1-9]/;
    await eventually(async () => expect(await (await fetch(`${app.url}/metrics`)).text()).toMatch(failed));
    expect(await imported(body.id)).toHaveLength(200);
    await query('alter table away rename to customer_import_rows');
    expect(await query(`select from customer_import_batches`)).toHaveLength(2);
    expect((await send(file, '', key)).body).toMatchObject({ id: body.id, status: 'waiting' });
    expect(await finished(body.id)).toMatchObject({ rows: 201, created: 201, duplicate: 0 });
    expect(await imported(body.id)).toHaveLength(201);
    expect((await rowsOf(body.id, '?limit=200')).items).toHaveLength(200);
  });

  it('tried dry says the same and writes nobody down', async () => {
    const file = 'name,phone\n空 一,03-5000-0001\n空 二,03-5000-0001\n空 三,x\n';
    const { body } = await send(file, '?dryRun=true');
    expect(await finished(body.id)).toMatchObject({ dryRun: true, created: 1, duplicate: 1, invalid: 1 });
    expect(await imported(body.id)).toEqual([]);
    const allowed = await send(file, '?duplicates=create');
    expect(await finished(allowed.body.id)).toMatchObject({ created: 2, invalid: 1 });
    expect((await rowsOf(allowed.body.id)).items).toMatchObject([{}, { looksLike: { rows: [2] } }, {}]);
  });

  it('that is none is refused and leaves nothing', async () => {
    const before = await query('select id from customer_imports');
    expect(await send('rank\n1')).toMatchObject({ status: 400, body: { code: 'import_columns_unknown' } });
    expect(await send('name\n"x')).toMatchObject({ status: 400, body: { code: 'import_unreadable' } });
    const large = await send(`name\n${'x'.repeat(70_000)}`);
    expect(large).toMatchObject({ status: 413, body: { code: 'import_too_large' } });
    const json = await send('{}', '', randomUUID(), { headers: { 'content-type': 'application/json' } });
    expect(json).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
    expect(await query('select id from customer_imports')).toEqual(before);
    const elsewhere = { role: 'SALES', method: 'POST', body: 'a', headers: { 'content-type': 'text/csv' } } as const;
    expect((await app.request('/api/customers', elsewhere)).status).toBe(415);
    expect((await send('name\nx', '', randomUUID(), { role: 'SALES' })).status).toBe(403);
    const unknown = await app.request(`/api/customers/imports/${randomUUID()}`, { role: 'ADMIN' });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'import_not_found' } });
  });
});

describe('a file that is slow to arrive', () => {
  const rows = (name: string, count = 250) =>
    Array.from({ length: count }, (_, n) => `${name} ${n},${name}-${n}@slow.example`).join('\n');
  const staged = async () =>
    (
      await query<{ uploads: number }>('select count(distinct upload_id)::int as uploads from customer_import_batches')
    )[0]?.uploads;

  /** Sends the first part, and the rest when it is told to. */
  function begin(part: string): { readonly sending: ClientRequest; readonly answer: Promise<IncomingMessage> } {
    const headers = { 'content-type': 'text/csv', authorization: `Bearer ${app.token({ roles: ['MANAGER'] })}` };
    const sending = httpRequest(`${app.url}/api/customers/imports?dryRun=true`, { method: 'POST', headers });
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      sending.once('response', resolve).once('error', reject);
    });
    sending.write(`name,email\n${part}\n`);
    return { sending, answer };
  }

  it('holds nothing that others need, however many there are', async () => {
    // More than the context has connections.
    const uploads = Array.from({ length: 12 }, (_, n) => begin(rows(`遅${n}`)));
    await eventually(async () => expect(await staged()).toBe(12));
    const { status, body } = await create(app);
    expect(status).toBe(201);
    expect(await shown(app, `/${body.id}`, body.position)).toMatchObject({ id: body.id });
    const [whole, ...broken] = uploads;
    for (const { sending, answer } of broken) {
      sending.destroy();
      await expect(answer).rejects.toThrow(/socket hang up/);
    }
    whole!.sending.end(rows('後', 1));
    const answer = await whole!.answer;
    expect(answer.statusCode).toBe(202);
    const { id } = JSON.parse(await text(answer)) as Import;
    expect(await finished(id)).toMatchObject({ rows: 251, created: 251 });
    await eventually(async () => expect(await staged(), 'what broke off leaves nothing').toBe(0));
  });

  it('and whose process died leaves nothing', async () => {
    const left = `insert into customer_import_batches (upload_id, number, sealed, staged_at) values`;
    await query(`${left} ('${randomUUID()}', 200, '', now() - interval '61 minutes')`);
    await query(`${left} ('${randomUUID()}', 200, '', now())`);
    // Any file wakes the worker.
    await finished((await send('name\n掃除')).body.id);
    await eventually(async () => expect(await staged()).toBe(1));
    await query('delete from customer_import_batches');
  });
});

it('an export holds what the list does, and can be imported again', async () => {
  const sales = await addUser(app);
  const note = '=SUM(A1)\n"二行"';
  const { body } = await create(app, { name: '輸出 花子', phone: '+81 3-6000-0001', note, assignedSalesId: sales.id });
  const headers = { 'x-await-position': body.position };
  const path = `/api/customers/export?assignedSalesId=${sales.id}`;
  const { status, headers: told, body: file } = await app.request<string>(path, { role: 'COMPLIANCE', headers });
  expect([status, told.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8']);
  expect(told.get('content-disposition')).toContain('customers.csv');
  expect(file).toContain(body.id);
  expect(file).not.toMatch(/,=SUM/);
  const again = await finished((await send(file, '?duplicates=create')).body.id);
  expect(again).toMatchObject({ created: 1, invalid: 0 });
  const [created] = await imported(again.id);
  expect(created?.data).toMatchObject({ name: '輸出 花子', phone: '+81 3-6000-0001', note, assignedSalesId: sales.id });
  expect((await app.request('/api/customers/export', { role: 'SALES' })).status).toBe(403);
  const { items } = await shown<{ items: object[] }>(app, `/by-sales/${sales.id}`, body.position);
  expect(items.length).toBeGreaterThan(0);
});

it('an export of many is sent as it is read, page after page in the order of the list', async () => {
  const salesId = randomUUID();
  // Rows of the read model itself, large enough that no buffer on the way takes them all.
  await query(`insert into customer_list
    (id, revision, status, name, reading, note, assigned_sales_id, assigned, created_at, updated_at)
    select gen_random_uuid(), 0, 'active', '多 ' || n, '多', repeat('あ', 4000), '${salesId}', true,
      timestamptz '2026-01-01' + n / 2 * interval '1 second', now() from generate_series(1, 3500) as n`);
  const authorization = `Bearer ${app.token({ roles: ['COMPLIANCE'] })}`;
  const path = `${app.url}/api/customers/export?assignedSalesId=${salesId}`;
  const sending = httpRequest(path, { headers: { authorization } }).end();
  const [answer] = (await once(sending, 'response')) as [IncomingMessage];
  await once(answer, 'readable');
  await query(`update customer_list set name = '後で' where name = '多 3500'`);
  const [titles, ...lines] = (await text(answer)).trim().split('\n');
  expect(titles).toMatch(/^id,name,/);
  expect(lines).toHaveLength(3500);
  const names = lines.map((line) => line.split(',')[1]);
  expect(names.at(-1), 'what changed while the file was on its way').toBe('後で');
  // Two have the same instant each; within it ids decide.
  const numbers = names.slice(0, -1).map((name) => Math.trunc(Number(name?.split(' ')[1]) / 2));
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(new Set(lines.map((line) => line.split(',')[0])).size).toBe(3500);
  await query(`delete from customer_list where assigned_sales_id = '${salesId}'`);
});
