import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#libs/testing/src/database.js';
import { encodeCursor, pageOf, type PageOrder, PageQuery } from './paging.js';
import { AnyOf, Between, type Filter } from './shown-rows.js';

@Entity()
class Item {
  @PrimaryColumn() id: string;
  @Column({ name: 'made_at', type: 'timestamptz', precision: 6 }) madeAt: Date;
  @Column() colour: string;
}

const order: PageOrder<Item> = { sorts: ['madeAt', 'colour'], defaultSort: '-madeAt' };

let database: TestDatabase;
let data: DataSource;

beforeAll(async () => {
  database = await createTestDatabase('paging');
  data = await new DataSource({
    type: 'postgres',
    url: database.url,
    entities: [Item],
    synchronize: true,
  }).initialize();
  // Ten rows within two milliseconds, told apart by microseconds only, and some by nothing but their id.
  await data.query(`insert into item select 'i' || n, timestamptz '2025-01-01' + (n / 2) * interval '400 microseconds',
    case when n % 2 = 0 then 'red' else 'blue' end from generate_series(0, 9) n`);
});

afterAll(async () => {
  await data.destroy();
  await database.drop();
});

/** A cursor as a stranger makes it who has read our source. */
function forged(content: string): string {
  const checksum = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return Buffer.from(checksum + content).toString('base64url');
}

function page(values: Partial<PageQuery>, filter: Filter<Item> = {}) {
  return pageOf(data.getRepository(Item), filter, Object.assign(new PageQuery(), values), order);
}

async function walk(values: Partial<PageQuery>): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const { items, next } = await page({ ...values, ...(cursor !== undefined && { cursor }) });
    ids.push(...items.map(({ id }) => id));
    cursor = next ?? undefined;
  } while (cursor !== undefined);
  return ids;
}

describe('pageOf', () => {
  it.each([1, 3, 5, 10, 200])('shows every row once, %i at a time', async (limit) => {
    expect(await walk({ limit })).toEqual(['i9', 'i8', 'i7', 'i6', 'i5', 'i4', 'i3', 'i2', 'i1', 'i0']);
    expect(await walk({ limit, sort: 'colour' })).toEqual('i1 i3 i5 i7 i9 i0 i2 i4 i6 i8'.split(' '));
  });

  it('counts only when it is asked to, and all matches', async () => {
    const first = await page({ limit: 4, total: true });
    expect(first).toMatchObject({ total: 10 });
    expect(await page({ limit: 4, total: true, cursor: first.next ?? '' })).toMatchObject({ total: 10 });
    expect(await page({ limit: 4 })).not.toHaveProperty('total');
  });

  it('keeps the filter on every page, and counts what it lets through', async () => {
    const red = { colour: 'red' };
    const first = await page({ limit: 3, total: true }, red);
    const second = await page({ limit: 3, cursor: first.next ?? '' }, red);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(['i8', 'i6', 'i4', 'i2', 'i0']);
    expect(first.total).toBe(5);
  });

  it('takes a filter without a value for none', async () => {
    expect((await page({}, { colour: undefined })).items).toHaveLength(10);
  });

  it('takes bounds, of which the first counts and the last does not, and either may be missing', async () => {
    const at = (microseconds: number) => new Date(Date.parse('2025-01-01') + microseconds / 1000);
    const within = async (from?: Date, before?: Date) =>
      (await page({ sort: 'madeAt' }, { madeAt: new Between(from, before) })).items.map(({ id }) => id);
    expect(await within(at(0), at(1000))).toEqual(['i0', 'i1', 'i2', 'i3', 'i4', 'i5']);
    expect(await within(at(1000))).toEqual(['i6', 'i7', 'i8', 'i9']);
    expect(await within(undefined, at(0))).toEqual([]);
    expect(await within()).toHaveLength(10);
  });

  it('takes several values of which a row has one', async () => {
    const coloured = async (...colours: string[]) =>
      (await page({}, { colour: new AnyOf(colours) })).items.map(({ colour }) => colour);
    const all = (await page({})).items.map(({ colour }) => colour);
    const [first, second] = [...new Set(all)];
    expect(await coloured(first!, 'no such colour')).toEqual(all.filter((colour) => colour === first));
    expect(await coloured(first!, second!)).toEqual(all.filter((colour) => [first, second].includes(colour)));
    expect(await coloured()).toEqual([]);
  });

  it.each([
    ['garbage', () => 'garbage'],
    ['nothing', () => ''],
    ['a cursor that was edited', () => Buffer.from('000000000000["-madeAt","2025","i1"]').toString('base64url')],
    ['a cursor that was cut', () => encodeCursor('-madeAt', '2025-01-01', 'i1').slice(0, -3)],
    ['a cursor of another order', () => encodeCursor('colour', 'red', 'i1')],
    ['a forged value of another type', () => encodeCursor('-madeAt', 'no instant', 'i1')],
    ['a forged value that does not exist', () => encodeCursor('-madeAt', '0000-00-00', 'i1')],
    ['a forged value that Postgres can not store', () => encodeCursor('-madeAt', '2025-01-01', 'i\0')],
    ['a forged list that is too short', () => forged('["-madeAt"]')],
    ['a forged list of other things', () => forged('["-madeAt",null,{}]')],
    ['something forged that is no list', () => forged('null')],
    ['something forged that is no JSON', () => forged('not JSON')],
  ])('refuses %s', async (_name, cursor) => {
    await expect(page({ cursor: cursor() })).rejects.toMatchObject({ status: 400, code: 'invalid_cursor' });
  });

  it.each(['price', 'constructor', '--madeAt', 'madeAt; drop table item'])('refuses the order %s', async (sort) => {
    await expect(page({ sort })).rejects.toMatchObject({
      status: 400,
      code: 'unknown_sort',
      detail: 'Sort by one of: madeAt, colour. "-" turns it round.',
    });
  });
});
