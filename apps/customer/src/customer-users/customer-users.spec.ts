import { expect, it } from 'vitest';
import type { DomainEvent } from '#libs/event-sourcing/src/event.js';
import { erased } from '#libs/events/src/erased.js';
import { erasureEventsOf } from '#libs/testing/src/erasure-events.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { customerUsersProjection } from './customer-users.projection.js';

const record = { email: 'ito@example.jp', name: '伊藤', role: 'SALES' };
const created = { type: 'user.created', data: { userId: 'ito', ...record, credential: { id: 'x', version: 1 } } };
const updated = { type: 'user.updated', data: { userId: 'ito', ...record, role: 'SUPPORT', previous: record } };
const row = { id: 'ito', name: '伊藤', role: 'SALES', active: true, reassignTo: null };

function rows(...events: DomainEvent[]) {
  return projected(customerUsersProjection, recorded<DomainEvent>(events));
}

it('knows who can look after customers, and who takes over from whom', () => {
  const deleted = (data: object) => ({ type: 'user.deleted', data: { userId: 'ito', ...data } });
  expect(rows(created)).toEqual({ ito: row });
  expect(rows(created, updated)).toEqual({ ito: { ...row, role: 'SUPPORT' } });
  expect(rows(created, deleted({}))).toEqual({ ito: { ...row, active: false } });
  expect(rows(created, deleted({ reassignTo: 'mori' }))).toEqual({
    ito: { ...row, active: false, reassignTo: 'mori' },
  });
});

it('holds the marker in place of the name of a user who was erased', () => {
  for (const gone of erasureEventsOf('user:ito')) {
    expect(rows(created, gone)).toEqual({ ito: { ...row, name: erased } });
  }
});
