import { expect, it } from 'vitest';
import { candidatesFor, fewestFirst } from './successors.js';

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

it('whoever was named takes over, while they look after customers; else all whose work that is', () => {
  const sales = { id: 'ito', role: 'SALES' } as const;
  const people = [sales, { id: 'mori', role: 'MANAGER' }, { id: 'abe', role: 'ADMIN' }] as const;
  for (const named of ['ito', 'mori', 'abe']) {
    expect(candidatesFor({ id: 'sato', reassignTo: named }, people)).toEqual([named]);
  }
  for (const nobody of [null, 'support', 'sato']) {
    const everybody = [...people, { id: 'sato', role: 'SALES' } as const];
    expect(candidatesFor({ id: 'sato', reassignTo: nobody }, everybody)).toEqual(['ito', 'mori']);
  }
});

it('and to nobody when there is nobody', () => {
  expect(fewestFirst(new Map())('1')).toBeNull();
});
