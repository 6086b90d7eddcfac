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
  const customers = ['1', '2', '3', '4', '5', '6'];
  const expected = ['ito', 'ito', 'mori', 'ito', 'mori', 'sato'];
  expect(customers.map(next)).toEqual(expected);
  expect(customers.map(next), 'asked again').toEqual(expected);
});

it('and to nobody when there is nobody', () => {
  expect(fewestFirst(new Map())('1')).toBeNull();
});
