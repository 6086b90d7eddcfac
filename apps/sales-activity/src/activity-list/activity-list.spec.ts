import { expect, it } from 'vitest';
import type { DomainEvent } from '#libs/event-sourcing/src/event.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { activityListProjection } from './activity-list.projection.js';

const ids = { taskId: 't1', customerId: 'c1', userId: 'u1' };
const told = { type: 'task.due_soon', data: { ...ids, title: '佐藤様に電話', dueDate: '2026-01-06T12:00:00.000Z' } };
const deleted = {
  type: 'meeting.deleted',
  data: { meetingId: 'm1', customerId: 'c2', userId: 'u1', reason: 'requested' },
};
const merged = { type: 'customer.merged', data: { customerId: 'c1', intoCustomerId: 'c9' } };

const rowsOf = (...events: DomainEvent[]) => Object.values(projected(activityListProjection, recorded(events)));

it('tells what happened by whom, without the texts', () => {
  expect(rowsOf(told, deleted)).toEqual([
    {
      id: '00000000-0000-5000-8000-000000000000',
      at: new Date('2026-01-05T09:00:00.000Z'),
      type: 'task.due_soon',
      meetingId: null,
      taskId: 't1',
      customerId: 'c1',
      userId: 'u1',
      actorId: 'spec',
      actorRole: 'ADMIN',
      detail: { dueDate: '2026-01-06T12:00:00.000Z' },
    },
    expect.objectContaining({
      type: 'meeting.deleted',
      meetingId: 'm1',
      taskId: null,
      detail: { reason: 'requested' },
    }),
  ]);
});

it('follows a customer into another one', () => {
  expect(rowsOf(told, deleted, merged).map(({ customerId }) => customerId)).toEqual(['c9', 'c2']);
});
