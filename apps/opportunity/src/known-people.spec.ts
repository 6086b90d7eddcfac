import type { Repository } from 'typeorm';
import { expect, it } from 'vitest';
import type { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import type { KnownCustomer } from './known-customers/known-customer.entity.js';
import type { KnownUser } from './known-users/known-user.entity.js';
import { KnownPeople } from './known-people.js';

const sato: KnownCustomer = { id: 'c1', name: '佐藤花子', deleted: false, mergedInto: null };
const aya: KnownUser = { id: 'aya', name: '田中あや', role: 'MANAGER', active: true, reassignTo: null };

/** Copies that hold `late` until somebody waits for the head of the log, and `now` from then on. */
function copies<Row extends object>(late: Row | undefined, now: Row | undefined) {
  const waits: string[] = [];
  const getMany = () => Promise.resolve([waits.length > 0 ? now : late].filter((row) => row !== undefined));
  const rows = { createQueryBuilder: () => ({ where: () => ({ getMany }) }) };
  const awaitHead = async (copy: string) => void waits.push(copy);
  const people = new KnownPeople(
    { readModels: { awaitHead } } as unknown as ContextRegistry,
    rows as unknown as Repository<KnownCustomer>,
    rows as unknown as Repository<KnownUser>,
  );
  return { people, waits };
}

it.each([
  ['unknown', undefined, { standing: 'unknown' }],
  ['deleted', { ...sato, deleted: true }, { standing: 'deleted' }],
  ['merged', { ...sato, mergedInto: 'c2' }, { standing: 'merged', into: 'c2' }],
] as const)('finds no customer %s before the copy has the whole log', async (_, row, finding) => {
  const restored = copies(row, sato);
  expect(await restored.people.find('c1', [])).toEqual({ customer: { standing: 'active' }, users: {} });
  expect(restored.waits).toEqual(['opportunity_customer']);
  expect(await copies(row, row).people.find('c1', [])).toEqual({ customer: finding, users: {} });
});

it.each([
  ['unknown', undefined],
  ['deleted', { ...aya, active: false }],
  ['unfit', { ...aya, role: 'OPERATOR' }],
] as const)('finds no user %s before the copy has the whole log', async (finding, row) => {
  const promoted = copies(row, aya);
  expect(await promoted.people.find(null, ['aya'])).toEqual({ users: { aya: 'active' } });
  expect(promoted.waits).toEqual(['opportunity_user']);
  expect(await copies(row, row).people.find(null, ['aya'])).toEqual({ users: { aya: finding } });
});

it('waits for nothing where everybody is there', async () => {
  const { people, waits } = copies(aya, aya);
  expect(await people.find(null, ['aya', 'aya'])).toEqual({ users: { aya: 'active' } });
  expect(waits).toEqual([]);
});
