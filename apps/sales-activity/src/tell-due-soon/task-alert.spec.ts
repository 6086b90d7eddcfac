import { expect, it } from 'vitest';
import type { TaskEvent, TaskStatus } from '#libs/events/src/sales-activity.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { taskAlertProjection } from './task-alert.projection.js';

// Events happen from 2026-01-05T09:00Z on, a minute apart.
const dueDate = '2026-01-07T12:00:00.000Z';
const aDayBefore = new Date('2026-01-06T12:00:00.000Z');
const overdue = '2026-01-05T08:00:00.000Z';
const record = { customerId: 'c1', userId: 'u1', title: 'x', description: null, dueDate, priority: 'LOW' } as const;
const ids = { taskId: 't1', customerId: 'c1', userId: 'u1' };
const created = (due: string | null): TaskEvent => ({
  type: 'task.created',
  data: { taskId: 't1', ...record, dueDate: due, status: 'TODO' },
});
const updated = (changes: { dueDate?: string | null; status?: TaskStatus }): TaskEvent => ({
  type: 'task.updated',
  data: { taskId: 't1', ...record, status: 'TODO', ...changes, changed: ['dueDate'] },
});
const told = (due: string): TaskEvent => ({ type: 'task.due_soon', data: { ...ids, title: 'x', dueDate: due } });
const completed: TaskEvent = { type: 'task.completed', data: { ...ids, previousStatus: 'TODO' } };
const deleted: TaskEvent = { type: 'task.deleted', data: { ...ids, reason: 'requested' } };
const restored: TaskEvent = { type: 'task.restored', data: { ...ids, reason: 'requested' } };

const dueAtAfter = (...events: TaskEvent[]) => projected(taskAlertProjection, recorded(events))['t1']?.dueAt;

it('falls due 24 hours before the task, and never for a task without a date', () => {
  expect(dueAtAfter(created(dueDate))).toEqual(aDayBefore);
  expect(dueAtAfter(created(null))).toBeNull();
  expect(dueAtAfter(created(null), updated({}))).toEqual(aDayBefore);
  expect(dueAtAfter(created(dueDate), updated({ dueDate: null }))).toBeNull();
});

it('is told once for each date', () => {
  const another = '2026-01-08T12:00:00.000Z';
  expect(dueAtAfter(created(dueDate), told(dueDate))).toBeNull();
  expect(dueAtAfter(created(dueDate), told(dueDate), updated({ dueDate: another }))).toEqual(
    new Date('2026-01-07T12:00:00.000Z'),
  );
  expect(dueAtAfter(created(dueDate), told(dueDate), updated({ dueDate: another }), updated({}))).toBeNull();
});

it('is nothing to tell while the task is not to be done', () => {
  expect(dueAtAfter(created(dueDate), completed)).toBeNull();
  expect(dueAtAfter(created(dueDate), updated({ status: 'CANCELLED' }))).toBeNull();
  expect(dueAtAfter(created(dueDate), deleted)).toBeNull();
  expect(dueAtAfter(created(dueDate), deleted, updated({}))).toBeNull();
  expect(dueAtAfter(created(dueDate), deleted, restored)).toEqual(aDayBefore);
  expect(dueAtAfter(created(dueDate), completed, updated({ status: 'IN_PROGRESS' }))).toEqual(aDayBefore);
});

it('is not told of what was overdue when it was said, but late of what became overdue since', () => {
  expect(dueAtAfter(created(overdue))).toBeNull();
  // Due half a minute after it was created, and changed in something else half a minute later.
  const soon = '2026-01-05T09:00:30.000Z';
  expect(dueAtAfter(created(soon), updated({ dueDate: soon }))).toEqual(new Date('2026-01-04T09:00:30.000Z'));
  expect(dueAtAfter(created(soon), deleted, restored)).toBeNull();
});
