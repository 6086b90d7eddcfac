import { expect, it } from 'vitest';
import type { DomainEvent } from '#libs/event-sourcing/src/event.js';
import { erased } from '#libs/events/src/erased.js';
import type { TaskEvent, TaskStatus } from '#libs/events/src/sales-activity.js';
import { erasureEventsOf } from '#libs/testing/src/erasure-events.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { taskListProjection } from './task-list.projection.js';
import { never } from './task.entity.js';

const record = {
  customerId: null,
  userId: 'u1',
  title: '見積書を送る',
  description: null,
  dueDate: '2026-01-06T12:00:00.000Z',
  priority: 'HIGH',
} as const;
const ids = { taskId: 't1', customerId: null, userId: 'u1' };
const created: TaskEvent = { type: 'task.created', data: { taskId: 't1', ...record, status: 'TODO' } };
const updated = (status: TaskStatus, changes: object = {}): TaskEvent => ({
  type: 'task.updated',
  data: { taskId: 't1', ...record, status, ...changes, changed: ['status'] },
});
const completed: TaskEvent = { type: 'task.completed', data: { ...ids, previousStatus: 'TODO' } };
const deleted: TaskEvent = { type: 'task.deleted', data: { ...ids, reason: 'requested' } };
const restored: TaskEvent = { type: 'task.restored', data: { ...ids, reason: 'requested' } };
const reassigned: TaskEvent = {
  type: 'task.reassigned',
  data: { taskId: 't1', ...record, userId: 'u2', status: 'TODO', previousUserId: 'u1', cause: 'requested' },
};
const minute = (number: number) => new Date(Date.parse('2026-01-05T09:00:00.000Z') + number * 60_000);
const row = {
  id: 't1',
  revision: 0,
  ...record,
  dueDate: new Date(record.dueDate),
  priority: 3,
  status: 'TODO',
  open: true,
  completedAt: null,
  subject: 'user:u1',
  deleted: false,
  deletedAt: null,
  deletedReason: null,
  createdAt: minute(0),
  updatedAt: minute(0),
};

const after = (...events: readonly DomainEvent[]) => projected(taskListProjection, recorded(events))['t1'];

it('lists a task as it stands', () => {
  expect(after(created)).toEqual(row);
  expect(after(created, updated('IN_PROGRESS', { dueDate: null, customerId: 'c1' }))).toEqual({
    ...row,
    status: 'IN_PROGRESS',
    dueDate: new Date(never),
    customerId: 'c1',
    subject: 'customer:c1',
    revision: 1,
    updatedAt: minute(1),
  });
  expect(after(created, reassigned)).toMatchObject({ userId: 'u2', subject: 'user:u2', open: true, revision: 1 });
  const dueSoon = { type: 'task.due_soon', data: { ...ids, title: record.title, dueDate: record.dueDate } };
  expect(after(created, dueSoon)).toEqual({ ...row, revision: 1, updatedAt: minute(1) });
});

it('says when a task was completed, until it is taken up again', () => {
  expect(after(created, completed)).toMatchObject({ status: 'COMPLETED', open: false, completedAt: minute(1) });
  expect(after(created, completed, updated('COMPLETED'))).toMatchObject({ open: false, completedAt: minute(1) });
  expect(after(created, completed, updated('TODO'))).toMatchObject({ status: 'TODO', open: true, completedAt: null });
});

it('has nothing to do with a task that is deleted, until it is back', () => {
  expect(after(created, deleted)).toMatchObject({ open: false, deleted: true, deletedReason: 'requested' });
  // It moved to another customer meanwhile.
  expect(after(created, deleted, updated('TODO', { customerId: 'c2' }))).toMatchObject({ open: false, deleted: true });
  expect(after(created, deleted, restored)).toEqual({ ...row, revision: 2, updatedAt: minute(2) });
  expect(after(created, completed, deleted, restored)).toMatchObject({ status: 'COMPLETED', open: false });
});

it('holds the marker once whom its texts tell of was erased: the customer or, without one, the user', () => {
  const marked = { title: erased, description: erased };
  for (const gone of erasureEventsOf('user:u1')) {
    expect(after(created, gone)).toMatchObject(marked);
    expect(after(created, reassigned, gone)).toMatchObject({ title: record.title });
    expect(after(created, updated('TODO', { customerId: 'c1' }), gone)).toMatchObject({ title: record.title });
  }
  for (const gone of erasureEventsOf('customer:c1')) {
    expect(after(created, gone)).toEqual(row);
    expect(after(created, updated('TODO', { customerId: 'c1' }), gone)).toMatchObject(marked);
  }
});
