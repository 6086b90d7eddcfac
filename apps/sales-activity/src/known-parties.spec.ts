import { expect, it } from 'vitest';
import type { DomainEvent } from '#libs/event-sourcing/src/event.js';
import { erased } from '#libs/events/src/erased.js';
import { erasureEventsOf } from '#libs/testing/src/erasure-events.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { knownUserProjection } from './known-users/known-user.projection.js';
import { sato } from './spec-sales-activity.js';
import { knownCustomerProjection } from './known-customers/known-customer.projection.js';

const customer = (type: string, data: object = {}) => ({
  type: `customer.${type}`,
  data: { customerId: 'c1', ...data },
});
const created = customer('created', { ...sato, assignedSalesId: null });
const user = (type: string, data: object = {}) => ({ type: `user.${type}`, data: { userId: 'u1', ...data } });
const joined = user('created', { name: '山田 太郎', email: 'y@example.com', role: 'SALES' });

const customerAfter = (...events: DomainEvent[]) => projected(knownCustomerProjection, recorded(events))['c1'];
const userAfter = (...events: DomainEvent[]) => projected(knownUserProjection, recorded(events))['u1'];

it('of a customer: the name, and how they stand since which event', () => {
  const row = { id: 'c1', name: '佐藤 花子', deleted: false, mergedInto: null, stream: 'spec-1', revision: 0 };
  expect(customerAfter(created)).toEqual(row);
  const renamed = customer('updated', { ...sato, name: '佐藤 花', assignedSalesId: null, changed: ['name'] });
  expect(customerAfter(created, renamed)).toEqual({ ...row, name: '佐藤 花' });
  expect(customerAfter(created, customer('deleted', { reason: 'requested' }))).toEqual({
    ...row,
    deleted: true,
    revision: 1,
  });
  const back = [created, customer('deleted', { reason: 'requested' }), customer('restored')];
  expect(customerAfter(...back)).toEqual({ ...row, revision: 2 });
  expect(customerAfter(created, customer('merged', { intoCustomerId: 'c2' }))).toEqual({
    ...row,
    mergedInto: 'c2',
    revision: 1,
  });
});

it('of a user: the name, whether they are gone, and who took over', () => {
  const row = { id: 'u1', name: '山田 太郎', active: true, reassignTo: null, stream: 'spec-1', revision: 0 };
  expect(userAfter(joined)).toEqual(row);
  expect(userAfter(joined, user('updated', { name: '山田 次郎' }))).toEqual({ ...row, name: '山田 次郎' });
  expect(userAfter(joined, user('deleted'))).toEqual({ ...row, active: false, revision: 1 });
  expect(userAfter(joined, user('deleted', { reassignTo: 'u2' }))).toMatchObject({ active: false, reassignTo: 'u2' });
});

it('names nobody who was erased', () => {
  for (const gone of erasureEventsOf('customer:c1'))
    expect(customerAfter(created, gone)).toMatchObject({ name: erased });
  for (const gone of erasureEventsOf('user:u1')) expect(userAfter(joined, gone)).toMatchObject({ name: erased });
});
