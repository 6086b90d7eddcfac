import type { Repository } from 'typeorm';
import { expect, it } from 'vitest';
import type { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { encodeCursor } from '#libs/http/src/paging.js';
import type { CatchUp } from '../catch-up.js';
import type { CustomerRow } from '../customer-list/customer-list.entity.js';
import { hanako } from '../spec-histories.js';
import { DuplicateScan } from './duplicate-scan.js';
import { Duplicates } from './duplicates.js';
import { newKeys, sameOf } from './likeness.js';
import { RecentWrites } from './recent-writes.js';

const all = {
  nameKey: '佐藤花子',
  emailKey: 'hanako.sato@example.jp',
  phoneKey: '09012345678',
  birthDate: '1980-04-01',
  postalKey: '1000001',
};

it('a new customer is compared by all keys', () => expect(newKeys(hanako, undefined)).toEqual(all));

it('a changed one by what changed: a likeness that was there was looked at before', () => {
  const unlike = { nameKey: all.nameKey, emailKey: null, phoneKey: null, birthDate: null, postalKey: null };
  expect(newKeys(hanako, hanako)).toEqual(unlike);
  expect(newKeys(hanako, { ...hanako, email: null })).toEqual({ ...unlike, emailKey: all.emailKey });
  const { birthDate, postalKey } = all;
  expect(newKeys(hanako, { ...hanako, name: '鈴木 花子' })).toEqual({ ...unlike, birthDate, postalKey });
});

it('nothing is waited for where nothing is to be compared', async () => {
  const done: string[] = [];
  const note = (what: string) => async () => void done.push(what);
  const catchUp = { customers: async () => (done.push('wait'), true) } as unknown as CatchUp;
  const customers = { manager: { query: note('query') } } as unknown as Repository<CustomerRow>;
  const duplicates = new Duplicates(customers, catchUp, new RecentWrites(), {} as never);
  await duplicates.of('c1', { ...hanako, note: 'x' }, hanako);
  const nameOnly = { ...hanako, email: null, phone: null, birthDate: null, postalCode: null };
  await duplicates.of('c1', nameOnly);
  expect(done).toEqual([]);
  await duplicates.of('c1', { ...nameOnly, postalCode: '100-0001' });
  expect(done).toEqual(['wait', 'query']);
});

it('while the read models are behind, the log says who is still alike of those whom they know', async () => {
  const candidates = ['changed', 'deleted', 'alike'].map((id) => ({ id, name: 'as it was', same: ['email'] }));
  const known = { status: 'active', assignedSalesId: null, record: hanako };
  const log: Readonly<Record<string, object>> = {
    changed: { ...known, record: { ...hanako, email: 'other@example.jp', phone: null, name: '鈴木' } },
    deleted: { ...known, status: 'deleted' },
    alike: { ...known, record: { ...hanako, name: '佐藤 華子' } },
  };
  const customers = { manager: { query: async () => candidates } } as unknown as Repository<CustomerRow>;
  const aggregates = { load: async (_decider: object, id: string) => log[id] } as unknown as Aggregates;
  const duplicatesWhen = (caughtUp: boolean) => {
    const catchUp = { customers: async () => caughtUp } as unknown as CatchUp;
    return new Duplicates(customers, catchUp, new RecentWrites(), aggregates).of('c1', hanako);
  };
  expect(await duplicatesWhen(true)).toEqual({ candidates, partial: false });
  expect(await duplicatesWhen(false)).toMatchObject({
    partial: true,
    candidates: [{ id: 'alike', name: '佐藤 華子', same: ['email', 'phone'] }],
  });
});

it.each([
  ['a\0', ''],
  ['a', '\0'],
])('a cursor with what no text can hold is refused', async (value, id) => {
  const scan = new DuplicateScan({} as never, {} as never);
  const cursor = encodeCursor('nameAndBirthDate', value, id);
  await expect(scan.find('nameAndBirthDate', { limit: 1, cursor })).rejects.toMatchObject({ code: 'invalid_cursor' });
});

it('two have in common what is the same in both', () => {
  const keys = (changes: object) => newKeys({ ...hanako, ...changes }, undefined);
  expect(sameOf(keys({}), keys({}))).toEqual(['email', 'phone', 'nameAndBirthDate', 'nameAndPostalCode']);
  expect(sameOf(keys({ email: null }), keys({ email: null, name: '鈴木' }))).toEqual(['phone']);
  expect(sameOf(keys({ phone: null, email: 'x@example.jp', birthDate: null }), keys({}))).toEqual([
    'nameAndPostalCode',
  ]);
});

it('of those who were written lately the newest thousand are known, by what they were written with last', () => {
  const recent = new RecentWrites();
  const keys = (changes: object) => newKeys({ ...hanako, birthDate: null, postalCode: null, ...changes }, undefined);
  recent.note('c1', keys({ email: 'first@example.jp' }));
  recent.note('c2', keys({ email: 'x@example.jp', phone: null }));
  recent.note('c1', keys({ email: 'x@example.jp', phone: null }));
  expect(recent.alike(keys({ email: 'x@example.jp' }))).toEqual(['c1', 'c2']);
  expect(recent.alike(keys({ email: 'first@example.jp' }))).toEqual([]);
  for (let n = 0; n < 999; n++) recent.note(`other ${n}`, keys({ email: `${n}@example.jp` }));
  expect(recent.alike(keys({ email: 'x@example.jp', phone: null }))).toEqual(['c1']);
});
