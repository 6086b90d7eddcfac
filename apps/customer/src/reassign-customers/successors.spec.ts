import { expect, it } from 'vitest';
import { fewestFirst } from './successors.js';

it('customers go to whoever has fewest by then', () => {
  const next = fewestFirst(
    new Map([
      ['sato', 2],
      ['ito', 0],
      ['mori', 1],
    ]),
  );
  expect(Array.from({ length: 6 }, next)).toEqual(['ito', 'ito', 'mori', 'ito', 'mori', 'sato']);
});

it('and to nobody when there is nobody', () => {
  expect(fewestFirst(new Map())()).toBeNull();
});
