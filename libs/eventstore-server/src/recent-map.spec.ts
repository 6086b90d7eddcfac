import { expect, it } from 'vitest';
import { RecentMap } from './recent-map.js';

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

it('knows the newer half for sure and never more than it may', () => {
  const map = new RecentMap<number>(10);
  for (const number of numbers(0, 1_000)) {
    map.set(`${number}`, number);
    expect(numbers(number - 4, 5).filter((each) => each >= 0 && map.get(`${each}`) !== each)).toEqual([]);
    expect(numbers(0, number + 1).filter((each) => map.get(`${each}`) !== undefined).length).toBeLessThanOrEqual(10);
  }
});

it('forgets what was heavy sooner', () => {
  const map = new RecentMap<string>(10);
  map.set('light', 'a');
  map.set('heavy', 'b', 5);
  expect([map.get('light'), map.get('heavy')]).toEqual(['a', 'b']);
  map.set('next', 'c', 5);
  expect([map.get('light'), map.get('heavy'), map.get('next')]).toEqual([undefined, 'b', 'c']);
});

it('forgets nothing for a key that it knows', () => {
  const map = new RecentMap<number>(10);
  map.set('seldom', 0);
  for (const number of numbers(0, 100)) map.set('often', number, 4);
  expect([map.get('seldom'), map.get('often')]).toEqual([0, 99]);
});

it('has the newest of two values, and none after a deletion', () => {
  const map = new RecentMap<number>(4);
  map.set('key', 0);
  map.set('other', 1);
  map.set('key', 2);
  expect(map.get('key')).toBe(2);
  map.delete('key');
  expect(map.get('key')).toBeUndefined();
  expect(map.get('other')).toBe(1);
  map.clear();
  expect(map.get('other')).toBeUndefined();
});
