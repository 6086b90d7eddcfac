import { expect, it } from 'vitest';
import type { DomainEvent } from '#libs/event-sourcing/src/event.js';
import type { CustomerEvent } from '#libs/events/src/customer.js';
import { erased } from '#libs/events/src/erased.js';
import { erasureEventsOf } from '#libs/testing/src/erasure-events.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { customerSearchProjection } from '../customer-search/customer-search.projection.js';
import { absorbed, assigned, created, deleted, hanako, merged, mergeRequested, restored } from '../spec-histories.js';
import { customerListProjection } from './customer-list.projection.js';

const minute = (count: number): Date => new Date(Date.parse('2026-01-05T09:00:00.000Z') + count * 60_000);
const row = {
  id: 'c1',
  status: 'active',
  ...hanako,
  reading: 'さとうはなこ',
  assignedSalesId: null,
  assigned: false,
  mergedInto: null,
  createdAt: minute(0),
  deletedAt: null,
  revision: 0,
  updatedAt: minute(0),
};
const { nameKana: _nameKana, ...withoutReading } = hanako;
const updated: CustomerEvent = {
  type: 'customer.updated',
  data: { customerId: 'c1', ...withoutReading, nameKana: null, assignedSalesId: null, changed: ['nameKana'] },
};

it.each<[string, readonly CustomerEvent[], object]>([
  ['is written down', [created], {}],
  ['is changed', [created, updated], { nameKana: null, reading: '佐藤花子' }],
  ['is deleted', [created, deleted], { status: 'deleted', deletedAt: minute(1) }],
  ['is restored', [created, deleted, restored], {}],
  ['is assigned', [created, assigned('sato')], { assignedSalesId: 'sato', assigned: true }],
  ["is nobody's again", [created, assigned('sato'), assigned(null)], {}],
  ['becomes part of another', [created, merged], { status: 'merged', mergedInto: 'c2' }],
  ['takes another one in', [created, mergeRequested, absorbed], {}],
])('a customer who %s is listed as they stand', (_name, events, changes) => {
  const last = events.length - 1;
  const expected = { ...row, ...changes, revision: last, updatedAt: minute(last) };
  expect(projected(customerListProjection, recorded(events))).toEqual({ c1: expected });
});

it('holds the marker in place of a customer who was erased', () => {
  for (const gone of erasureEventsOf('customer:c1')) {
    const rows = projected(customerListProjection, recorded<DomainEvent>([created, gone]));
    expect(JSON.stringify(rows)).not.toMatch(/佐藤|さとう|サトウ|hanako|1234|千代田|1980/);
    expect(rows['c1']).toMatchObject({ name: erased, reading: erased, email: erased, riskTolerance: 'medium' });
  }
  const user = recorded<DomainEvent>([created, ...erasureEventsOf('user:c1')]);
  expect(projected(customerListProjection, user)).toEqual({ c1: row });
});

it('is found by its keys while it is active, and by nothing once erased', () => {
  const found = (...events: DomainEvent[]) => projected(customerSearchProjection, recorded<DomainEvent>(events))['c1'];
  expect(found(created)).toMatchObject({
    active: true,
    nameKey: '佐藤花子',
    kanaKey: 'さとうはなこ',
    emailKey: 'hanako.sato@example.jp',
    phoneKey: '09012345678',
    birthDate: '1980-04-01',
    postalKey: '1000001',
    grams: expect.arrayContaining(['佐藤', '^さ', 'han', '123']),
  });
  expect([found(created, deleted), found(created, merged), found(created, deleted, restored)]).toMatchObject([
    { active: false },
    { active: false },
    { active: true },
  ]);
  for (const gone of erasureEventsOf('customer:c1')) {
    const { id, active, grams, ...keys } = found(created, gone)!;
    expect({ id, active, grams }).toEqual({ id: 'c1', active: true, grams: [] });
    expect(Object.values(keys).every((key) => key === null)).toBe(true);
    // What is said of them later comes with the marker, which is no key.
    const data = { ...created.data, name: erased, nameKana: erased, email: erased, phone: erased };
    const again = { type: 'customer.updated', data: { ...data, postalCode: erased, birthDate: erased, changed: [] } };
    expect(found(created, gone, again)).toMatchObject({ nameKey: null, emailKey: null, birthDate: null, grams: [] });
  }
});
