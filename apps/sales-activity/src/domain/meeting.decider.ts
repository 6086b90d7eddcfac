import { type Decider, type Made, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { MeetingEvent, MeetingRecord } from '#libs/events/src/sales-activity.js';
import { changedFields, isArchivedBy } from './archive.js';
import type { MeetingCommand, MeetingRefusal, MeetingState, RestoreMeeting } from './meeting.js';
import { customerIsDeleted, partyRefusal, userIsDeleted } from './parties.js';

type Decision = readonly MeetingEvent[] | Refusal<MeetingRefusal>;
type KnownMeeting = Exclude<MeetingState, { status: 'none' }>;

export const meetingDecider: Decider<MeetingState, MeetingCommand, MeetingEvent, MeetingRefusal> = {
  category: 'meeting',
  initialState: { status: 'none' },
  decide,
  evolve,
};

function decide(command: MeetingCommand, meeting: MeetingState): Decision {
  if (command.type === 'create_meeting') {
    const { record, parties } = command.data;
    if (meeting.status !== 'none') return new Refusal('meeting_exists', 'A meeting with this id exists. Read it.');
    return partyRefusal(parties) ?? [{ type: 'meeting.created', data: { meetingId: command.target, ...record } }];
  }
  if (meeting.status === 'none') {
    return new Refusal('meeting_not_found', 'No meeting has this id. GET /api/meetings lists them.');
  }
  const { record } = meeting;
  const reason = meeting.status === 'deleted' ? meeting.reason : undefined;
  const ids = { meetingId: command.target, customerId: record.customerId, userId: record.userId };
  switch (command.type) {
    case 'change_meeting': {
      if (meeting.status === 'deleted') return isDeleted(meeting);
      const after = { ...record, ...command.data.changes };
      return partyRefusal(command.data.parties) ?? updated(command.target, record, after);
    }
    case 'delete_meeting':
      return meeting.status === 'deleted'
        ? isDeleted(meeting)
        : [{ type: 'meeting.deleted', data: { ...ids, reason: 'requested' } }];
    case 'restore_meeting':
      return restore(command, meeting);
    case 'archive_meeting': {
      const { reason: archivedFor, of } = command.data;
      const belongs = of === (archivedFor === 'customer_deleted' ? record.customerId : record.userId);
      if (!belongs || !isArchivedBy(archivedFor, reason)) return [];
      return [{ type: 'meeting.deleted', data: { ...ids, reason: archivedFor } }];
    }
    case 'unarchive_meeting':
      if (reason !== 'customer_deleted' || record.customerId !== command.data.customerId) return [];
      return [{ type: 'meeting.restored', data: { ...ids, reason } }];
    case 'move_meeting': {
      const { from, to } = command.data;
      if (record.customerId !== from) return [];
      const moved = updated(command.target, record, { ...record, customerId: to });
      // It went with the customer who is part of the other now, and the other is there.
      if (reason !== 'customer_deleted') return moved;
      return [...moved, { type: 'meeting.restored', data: { ...ids, customerId: to, reason } }];
    }
    default:
      return unreachable(command);
  }
}

function restore({ target, data }: RestoreMeeting, meeting: KnownMeeting): Decision {
  if (meeting.status === 'active') {
    return new Refusal('meeting_not_deleted', 'This meeting is not deleted. There is nothing to restore.');
  }
  const { record, reason } = meeting;
  const userId = data.userId ?? record.userId;
  if (reason === 'customer_deleted') return customerIsDeleted();
  if (reason === 'user_deleted' && userId === record.userId) return userIsDeleted();
  const refused = partyRefusal(data.parties);
  if (refused) return refused;
  const { customerId } = record;
  return [
    { type: 'meeting.restored', data: { meetingId: target, customerId, userId: record.userId, reason } },
    ...updated(target, record, { ...record, userId }),
  ];
}

function updated(meetingId: string, before: MeetingRecord, after: MeetingRecord): readonly MeetingEvent[] {
  const changed = changedFields(before, after);
  return changed.length === 0 ? [] : [{ type: 'meeting.updated', data: { meetingId, ...after, changed } }];
}

function isDeleted({ deletedBy }: Extract<MeetingState, { status: 'deleted' }>): Refusal<MeetingRefusal> {
  const detail = 'This meeting is deleted. Bring it back first: POST /api/meetings/{id}/restore.';
  return new Refusal('meeting_is_deleted', detail, { changedBy: deletedBy });
}

function evolve(meeting: MeetingState, event: MeetingEvent & Made): MeetingState {
  switch (event.type) {
    case 'meeting.created': {
      const { meetingId: _, ...record } = event.data;
      return { status: 'active', record };
    }
    case 'meeting.updated': {
      const { meetingId: _, changed: _changed, ...record } = event.data;
      return meeting.status === 'none' ? meeting : { ...meeting, record };
    }
    case 'meeting.deleted':
      return meeting.status === 'none'
        ? meeting
        : { ...meeting, status: 'deleted', reason: event.data.reason, deletedBy: event.changedBy };
    case 'meeting.restored':
      return meeting.status === 'none' ? meeting : { status: 'active', record: meeting.record };
    default:
      return unreachable(event);
  }
}
