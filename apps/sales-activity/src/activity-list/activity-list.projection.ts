import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import type { CustomerEvents } from '#libs/events/src/customer.js';
import type { MeetingEvent, MeetingEvents, TaskEvent, TaskEvents } from '#libs/events/src/sales-activity.js';
import { ActivityRow } from './activity.entity.js';

type OwnEvent = RecordedEvent<MeetingEvent | TaskEvent>;

/** Neither texts nor what was said before: who may see those asks the meeting or task itself. */
const told = ['changed', 'status', 'previousStatus', 'previousUserId', 'reason', 'cause', 'dueDate'];

const happened = { keys: ({ id }: OwnEvent) => [id], evolve: (_row: unknown, event: OwnEvent) => activity(event) };

export const activityListProjection = projection<ActivityRow, MeetingEvents & TaskEvents & CustomerEvents>({
  name: 'activity_list',
  version: 1,
  entity: ActivityRow,
  on: {
    'meeting.created': happened,
    'meeting.updated': happened,
    'meeting.deleted': happened,
    'meeting.restored': happened,
    'task.created': happened,
    'task.updated': happened,
    'task.reassigned': happened,
    'task.completed': happened,
    'task.due_soon': happened,
    'task.deleted': happened,
    'task.restored': happened,
    // The history of a customer is kept when they become part of another one.
    'customer.merged': {
      many: ({ data }) => ({ where: { customerId: data.customerId }, set: { customerId: data.intoCustomerId } }),
    },
  },
});

function activity({ id, type, data, metadata: { occurredAt, actor } }: OwnEvent): ActivityRow {
  return {
    id,
    at: new Date(occurredAt),
    type,
    meetingId: 'meetingId' in data ? data.meetingId : null,
    taskId: 'taskId' in data ? data.taskId : null,
    customerId: data.customerId,
    userId: data.userId,
    actorId: actor.id,
    actorRole: actor.role,
    detail: Object.fromEntries(Object.entries(data).filter(([name]) => told.includes(name))),
  };
}
