import { assert, integer, property, string, tuple } from 'fast-check';
import { expect, it } from 'vitest';
import { nameKey } from '../search-keys.js';
import { gramsAtStart, gramsOf, gramsWithin } from './search-grams.js';

it('are two characters each in Japanese, three in Latin, and what a text begins with', () => {
  expect(gramsOf(['佐藤花子'])).toEqual(['^佐', '^佐藤', '^佐藤花', '佐藤', '花子', '藤花'].toSorted());
  expect(gramsOf(['sato', null])).toEqual(['^s', '^sa', '^sat', 'ato', 'sat']);
  expect(gramsOf(['第a部'])).toEqual(['^第', '^第a', '^第a部', 'a部', '第a'].toSorted());
});

it('tell what is too short to be looked for inside', () => {
  expect(['佐', 'sa', '佐藤', 'sat'].map((text) => gramsWithin(text) !== undefined)).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

it('of any part of a text are among those of the text, and so are those of its beginning', () => {
  const parts = tuple(string({ unit: 'grapheme', minLength: 1 }), integer({ min: 0 }), integer({ min: 1 }));
  assert(
    property(parts, ([written, from, length]) => {
      const text = [...nameKey(written)];
      const start = from % Math.max(text.length, 1);
      const part = text.slice(start, start + length).join('');
      const grams = gramsOf([text.join('')]);
      expect(grams).toEqual(expect.arrayContaining([...(gramsWithin(part) ?? [])]));
      expect(grams).toEqual(expect.arrayContaining([...gramsAtStart(text.slice(0, length).join(''))]));
    }),
  );
});
