import type { Repository } from 'typeorm';
import { expect, it } from 'vitest';
import type { CatchUp } from '../catch-up.js';
import type { CustomerRow } from '../customer-list/customer-list.entity.js';
import { hanako } from '../spec-histories.js';
import { Duplicates, newKeys } from './duplicates.js';

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

it('both read models are waited for, and none where nothing is to be compared', async () => {
  const done: string[] = [];
  const note = (what: string) => async () => void done.push(what);
  const catchUp = { search: note('search'), list: note('list') } as unknown as CatchUp;
  const duplicates = new Duplicates(
    { manager: { query: note('query') } } as unknown as Repository<CustomerRow>,
    catchUp,
  );
  await duplicates.of('c1', { ...hanako, note: 'x' }, hanako);
  const nameOnly = { ...hanako, email: null, phone: null, birthDate: null, postalCode: null };
  await duplicates.of('c1', nameOnly);
  expect(done).toEqual([]);
  await duplicates.of('c1', { ...nameOnly, postalCode: '100-0001' });
  expect(done.toSorted()).toEqual(['list', 'query', 'search']);
  expect(done.at(-1)).toBe('query');
});
