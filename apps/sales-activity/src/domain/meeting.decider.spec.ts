import { describe, it } from 'vitest';
import type { DeletionReason, MeetingEvent, MeetingRecord } from '#libs/events/src/sales-activity.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { meetingDecider } from './meeting.decider.js';
import {
  ArchiveMeeting,
  ChangeMeeting,
  CreateMeeting,
  DeleteMeeting,
  type MeetingRefusal,
  MoveMeeting,
  RestoreMeeting,
  UnarchiveMeeting,
} from './meeting.js';
import type { Parties } from './parties.js';

const record: MeetingRecord = {
  customerId: 'c1',
  userId: 'u1',
  date: '2024-10-10T10:00:00.000Z',
  summary: '商談実施',
  location: null,
  durationMinutes: 60,
};
const parties: Parties = { customer: { is: 'active' }, user: 'active' };
const context = testContext();
const ids = { meetingId: 'm1', customerId: 'c1', userId: 'u1' };
const created: MeetingEvent = { type: 'meeting.created', data: { meetingId: 'm1', ...record } };
const deleted = (reason: DeletionReason): MeetingEvent => ({ type: 'meeting.deleted', data: { ...ids, reason } });
const restored = (reason: DeletionReason): MeetingEvent => ({ type: 'meeting.restored', data: { ...ids, reason } });
const updated = (changes: Partial<MeetingRecord>): MeetingEvent => ({
  type: 'meeting.updated',
  data: { meetingId: 'm1', ...record, ...changes, changed: Object.keys(changes) as (keyof MeetingRecord)[] },
});

const create = (named: Parties = parties) => new CreateMeeting('m1', { record, parties: named }, context);
const change = (changes: Partial<MeetingRecord>, named: Parties = {}) =>
  new ChangeMeeting('m1', { changes, parties: named }, context);
const archive = (reason: 'customer_deleted' | 'user_deleted', of: string) =>
  new ArchiveMeeting('m1', { reason, of }, context);
const restore = (userId?: string, named: Parties = parties) =>
  new RestoreMeeting('m1', { ...(userId !== undefined && { userId }), parties: named }, context);
const unarchive = new UnarchiveMeeting('m1', { customerId: 'c1' }, context);
const move = new MoveMeeting('m1', { from: 'c1', to: 'c2' }, context);
const remove = new DeleteMeeting('m1', {}, context);

describe('a meeting', () => {
  it('is put on record once', () => {
    given(meetingDecider).when(create()).then(created);
    given(meetingDecider, created).when(create()).thenRefused('meeting_exists');
  });

  it.each<[MeetingRefusal, Parties]>([
    ['customer_unknown', { customer: { is: 'unknown' } }],
    ['customer_is_deleted', { customer: { is: 'deleted' } }],
    ['customer_is_merged', { customer: { is: 'merged', into: 'c2' } }],
    ['user_unknown', { user: 'unknown' }],
    ['user_is_deleted', { user: 'deleted' }],
  ])('is refused with %s', (code, named) => {
    given(meetingDecider).when(create(named)).thenRefused(code);
    given(meetingDecider, created)
      .when(change({ customerId: 'c2' }, named))
      .thenRefused(code);
    given(meetingDecider, created, deleted('requested')).when(restore(undefined, named)).thenRefused(code);
  });

  it('changes in what is named, and not at all where nothing is new', () => {
    given(meetingDecider, created)
      .when(change({ summary: 'Again' }))
      .then(updated({ summary: 'Again' }));
    given(meetingDecider, created)
      .when(change({ summary: record.summary }))
      .thenNothing();
    given(meetingDecider, created, updated({ location: 'Osaka' }))
      .when(change({ location: null }))
      .then(updated({ location: null }));
  });

  it('is deleted and restored by people', () => {
    given(meetingDecider, created).when(remove).then(deleted('requested'));
    given(meetingDecider, created, deleted('requested')).when(restore()).then(restored('requested'));
    given(meetingDecider, created, deleted('requested'), restored('requested'))
      .when(change({ durationMinutes: 30 }))
      .then(updated({ durationMinutes: 30 }));
  });

  it('can be nothing but restored while it is deleted', () => {
    for (const command of [change({ summary: 'x' }), remove]) {
      given(meetingDecider, created, deleted('requested')).when(command).thenRefused('meeting_is_deleted');
    }
    given(meetingDecider, created).when(restore()).thenRefused('meeting_not_deleted');
  });

  it('that nobody wrote down is not found', () => {
    for (const command of [change({}), remove, restore(), archive('user_deleted', 'u1'), unarchive, move]) {
      given(meetingDecider).when(command).thenRefused('meeting_not_found');
    }
  });
});

describe('a meeting whose customer or user goes', () => {
  it('goes with them, once', () => {
    given(meetingDecider, created).when(archive('customer_deleted', 'c1')).then(deleted('customer_deleted'));
    given(meetingDecider, created).when(archive('user_deleted', 'u1')).then(deleted('user_deleted'));
    for (const reason of ['customer_deleted', 'user_deleted', 'requested'] as const) {
      given(meetingDecider, created, deleted(reason)).when(archive('customer_deleted', 'c1')).thenNothing();
    }
  });

  it('stays where it is another one’s by now', () => {
    given(meetingDecider, created).when(archive('customer_deleted', 'c9')).thenNothing();
    given(meetingDecider, created).when(archive('user_deleted', 'u9')).thenNothing();
  });

  it('comes back with its customer, unless a person deleted it or its user is gone too', () => {
    given(meetingDecider, created, deleted('customer_deleted')).when(unarchive).then(restored('customer_deleted'));
    given(meetingDecider, created, deleted('requested')).when(unarchive).thenNothing();
    given(meetingDecider, created, deleted('user_deleted')).when(unarchive).thenNothing();
    given(meetingDecider, created).when(unarchive).thenNothing();
    given(meetingDecider, created, deleted('customer_deleted'))
      .when(archive('user_deleted', 'u1'))
      .then(deleted('user_deleted'));
    given(meetingDecider, created, deleted('customer_deleted'), deleted('user_deleted')).when(unarchive).thenNothing();
  });

  it('is not restored by people without its customer, nor without its user unless another one takes over', () => {
    const withCustomer = [created, deleted('customer_deleted')];
    const withUser = [created, deleted('user_deleted')];
    given(meetingDecider, ...withCustomer)
      .when(restore())
      .thenRefused('customer_is_deleted');
    given(meetingDecider, ...withUser)
      .when(restore())
      .thenRefused('user_is_deleted');
    given(meetingDecider, ...withUser)
      .when(restore('u2'))
      .then(restored('user_deleted'), updated({ userId: 'u2' }));
  });
});

describe('a meeting whose customer becomes part of another one', () => {
  it('is the other one’s', () => {
    given(meetingDecider, created)
      .when(move)
      .then(updated({ customerId: 'c2' }));
    given(meetingDecider, created, updated({ customerId: 'c2' }))
      .when(move)
      .thenNothing();
    given(meetingDecider, created, deleted('requested'))
      .when(move)
      .then(updated({ customerId: 'c2' }));
  });

  it('comes back where it had gone with the first', () => {
    given(meetingDecider, created, deleted('customer_deleted'))
      .when(move)
      .then(updated({ customerId: 'c2' }), {
        type: 'meeting.restored',
        data: { ...ids, customerId: 'c2', reason: 'customer_deleted' },
      });
  });
});
