import { expect, it } from 'vitest';
import { hanako } from '../spec-histories.js';
import { newKeys } from './duplicates.js';

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
