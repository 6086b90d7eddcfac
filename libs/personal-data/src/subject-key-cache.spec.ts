import { expect, it } from 'vitest';
import { KeysInMemory } from '#libs/testing/src/subject-keys.js';
import { SubjectKeyCache } from './subject-key-cache.js';

const one = (subject: string): ReadonlySet<string> => new Set([subject]);

it('asks again once a key has been used for its lifetime', async () => {
  let now = 0;
  const keys = new KeysInMemory();
  const cache = new SubjectKeyCache(keys, { lifetimeMs: 60_000, now: () => now });
  const key = (await cache.obtain(one('user:1'))).get('user:1');
  expect(key).toBeTypeOf('object');
  await keys.destroy('user:1');

  now = 59_999;
  expect(cache.peek('user:1')).toBe(key);
  expect((await cache.find(one('user:1'))).get('user:1')).toBe(key);
  expect(keys.looks).toHaveLength(1);
  now = 60_000;
  expect(cache.peek('user:1')).toBeUndefined();
  expect((await cache.find(one('user:1'))).get('user:1')).toBe('destroyed');
});

it('gathers what is asked meanwhile into one look', async () => {
  const keys = new KeysInMemory();
  const cache = new SubjectKeyCache(keys);
  const all = ['user:3', 'user:1', 'user:2', 'user:1'].map((subject) => cache.obtain(one(subject)));
  const found = await Promise.all(all);
  expect(keys.looks).toEqual([['user:1', 'user:2', 'user:3']]);
  expect(found[1]?.get('user:1')).toBe(found[3]?.get('user:1'));
  expect(found[0]?.get('user:1')).toBeUndefined();
});

it('fails everybody in a look that fails, and nobody after it', async () => {
  const keys = new KeysInMemory();
  let away = true;
  const find = keys.find.bind(keys);
  keys.find = async (subjects) => {
    if (away) throw new Error('away');
    return find(subjects);
  };
  const cache = new SubjectKeyCache(keys);
  const outcomes = await Promise.allSettled([cache.obtain(one('user:1')), cache.obtain(one('user:2'))]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  away = false;
  expect((await cache.obtain(one('user:1'))).has('user:1')).toBe(true);
});

it('remembers no subject that has no key', async () => {
  const keys = new KeysInMemory();
  const cache = new SubjectKeyCache(keys);
  expect((await cache.find(one('user:1'))).size).toBe(0);
  expect(cache.size).toBe(0);
  expect((await cache.obtain(one('user:1'))).size).toBe(1);
});

it('holds no more keys than it may, the newest ones', async () => {
  const cache = new SubjectKeyCache(new KeysInMemory(), { capacity: 3 });
  for (const number of [1, 2, 3, 1, 4, 5]) await cache.obtain(one(`user:${number}`));
  expect(cache.size).toBe(3);
  expect([3, 4, 5].every((number) => cache.peek(`user:${number}`))).toBe(true);
  const many = new Set(Array.from({ length: 50 }, (_, number) => `user:${number}`));
  expect((await cache.obtain(many)).size).toBe(50);
  expect(cache.size).toBe(3);
});

it('keeps nothing that a look brings which began before it was cleared', async () => {
  const keys = new KeysInMemory();
  const cache = new SubjectKeyCache(keys);
  const begun = cache.obtain(one('user:1'));
  await Promise.resolve();
  await keys.destroy('user:1');
  cache.clear();
  await begun;
  expect(cache.size).toBe(0);
  expect((await cache.find(one('user:1'))).get('user:1')).toBe('destroyed');
});
