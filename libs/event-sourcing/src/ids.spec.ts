import fc from 'fast-check';
import { v5 } from 'uuid';
import { expect, it } from 'vitest';
import { stableId } from './ids.js';

it('makes UUIDs of version 5 as others do: ids that are stored depend on it', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer())), (parts) => {
      expect(stableId(...parts)).toBe(v5(JSON.stringify(parts), '6c1f6a8e-6f0d-5d0b-9a52-0d5bb1a3c7e4'));
    }),
  );
});

it('keeps parts apart', () => {
  expect(stableId('a', 'bc')).not.toBe(stableId('ab', 'c'));
});
