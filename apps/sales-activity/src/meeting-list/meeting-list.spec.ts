import { expect, it } from 'vitest';
import type { DomainEvent } from '#libs/event-sourcing/src/event.js';
import { erased } from '#libs/events/src/erased.js';
import type { MeetingEvent } from '#libs/events/src/sales-activity.js';
import { erasureEventsOf } from '#libs/testing/src/erasure-events.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { meetingListProjection } from './meeting-list.projection.js';

const record = {
  customerId: 'c1',
  userId: 'u1',
  date: '2024-10-10T10:00:00.000Z',
  summary: '商談実施',
  location: '大阪本店',
  durationMinutes: 60,
};
const ids = { meetingId: 'm1', customerId: 'c1', userId: 'u1' };
const created: MeetingEvent = { type: 'meeting.created', data: { meetingId: 'm1', ...record } };
const deleted: MeetingEvent = { type: 'meeting.deleted', data: { ...ids, reason: 'customer_deleted' } };
const restored: MeetingEvent = { type: 'meeting.restored', data: { ...ids, reason: 'customer_deleted' } };
const moved: MeetingEvent = {
  type: 'meeting.updated',
  data: { meetingId: 'm1', ...record, customerId: 'c2', changed: ['customerId'] },
};
const minute = (number: number) => new Date(Date.parse('2026-01-05T09:00:00.000Z') + number * 60_000);
const row = {
  id: 'm1',
  revision: 0,
  ...record,
  date: new Date(record.date),
  subject: 'customer:c1',
  deleted: false,
  deletedAt: null,
  deletedReason: null,
  createdAt: minute(0),
  updatedAt: minute(0),
};

it('lists a meeting as it stands', () => {
  expect(projected(meetingListProjection, recorded([created]))).toEqual({ m1: row });
  expect(projected(meetingListProjection, recorded([created, moved]))).toEqual({
    m1: { ...row, customerId: 'c2', subject: 'customer:c2', revision: 1, updatedAt: minute(1) },
  });
});

it('says when it was deleted and why, until it is back', () => {
  const gone = { deleted: true, deletedAt: minute(1), deletedReason: 'customer_deleted' };
  expect(projected(meetingListProjection, recorded([created, deleted]))).toEqual({
    m1: { ...row, ...gone, revision: 1, updatedAt: minute(1) },
  });
  expect(projected(meetingListProjection, recorded([created, deleted, restored]))).toEqual({
    m1: { ...row, revision: 2, updatedAt: minute(2) },
  });
});

it('holds the marker once its customer was erased, and nobody else', () => {
  for (const gone of erasureEventsOf('customer:c1')) {
    expect(projected(meetingListProjection, recorded<DomainEvent>([created, gone]))).toEqual({
      m1: { ...row, summary: erased, location: erased },
    });
    const of2 = projected(meetingListProjection, recorded<DomainEvent>([created, moved, gone]));
    expect(of2['m1']).toMatchObject({ summary: record.summary, location: record.location });
  }
});
