import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import type { MeetingEvents, MeetingRecord } from '#libs/events/src/sales-activity.js';
import { whenSubjectErased } from '../erased-texts.js';
import { MeetingRow } from './meeting.entity.js';

const keys = ({ data }: { readonly data: { readonly meetingId: string } }): string[] => [data.meetingId];

export const meetingListProjection = projection<MeetingRow, MeetingEvents & ErasureEvents>({
  name: 'meeting_list',
  version: 1,
  entity: MeetingRow,
  on: {
    'meeting.created': {
      keys,
      evolve: (_row, event) => ({
        id: event.data.meetingId,
        ...content(event.data),
        ...notDeleted,
        createdAt: new Date(event.metadata.occurredAt),
        ...touched(event),
      }),
    },
    'meeting.updated': { keys, evolve: (row, event) => row && { ...row, ...content(event.data), ...touched(event) } },
    'meeting.deleted': {
      keys,
      evolve: (row, event) =>
        row && {
          ...row,
          deleted: true,
          deletedAt: new Date(event.metadata.occurredAt),
          deletedReason: event.data.reason,
          ...touched(event),
        },
    },
    'meeting.restored': { keys, evolve: (row, event) => row && { ...row, ...notDeleted, ...touched(event) } },
    ...whenSubjectErased<MeetingRow>({ summary: erased, location: erased }),
  },
});

const notDeleted = { deleted: false, deletedAt: null, deletedReason: null };

function content({ customerId, userId, date, summary, location, durationMinutes }: MeetingRecord) {
  const subject = `customer:${customerId}`;
  return { customerId, userId, date: new Date(date), summary, location, durationMinutes, subject };
}

function touched({ revision, metadata }: RecordedEvent): Pick<MeetingRow, 'revision' | 'updatedAt'> {
  return { revision, updatedAt: new Date(metadata.occurredAt) };
}
