import type { DomainEvent, RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection, type ProjectionStep } from '#libs/event-sourcing/src/projection.js';
import type { CustomerEvents } from '#libs/events/src/customer.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import type { ApprovalEvents, DealEvents } from '#libs/events/src/opportunity.js';
import type { MeetingEvents, TaskEvents } from '#libs/events/src/sales-activity.js';
import { whenErased } from '#libs/personal-data/src/erased-rows.js';
import { type TimelineKind, TimelineRow } from './customer-timeline.entity.js';

type Told = CustomerEvents & MeetingEvents & TaskEvents & ApprovalEvents & DealEvents;

/** What people want to see; who else was asked and when is in the history of the approval itself. */
const told = [
  'customer.created',
  'customer.updated',
  'customer.deleted',
  'customer.restored',
  'customer.assigned',
  'customer.absorbed',
  'meeting.created',
  'meeting.updated',
  'meeting.deleted',
  'meeting.restored',
  'task.created',
  'task.updated',
  'task.reassigned',
  'task.completed',
  'task.due_soon',
  'task.deleted',
  'task.restored',
  'approval.requested',
  'approval.approved',
  'approval.rejected',
  'approval.recalled',
  'deal.opened',
  'deal.updated',
  'deal.stage_changed',
  'deal.won',
  'deal.lost',
  'deal.deleted',
  'deal.restored',
] as const satisfies readonly (keyof Told)[];

interface Facts {
  readonly customerId: string | null;
  readonly meetingId?: string;
  readonly taskId?: string;
  readonly approvalId?: string;
  readonly dealId?: string;
  readonly title?: string;
  readonly summary?: string;
}

const entry: ProjectionStep<TimelineRow, DomainEvent<string, Facts>> = {
  // The same event is one entry.
  keys: (event) => (event.data.customerId === null ? [] : [event.id]),
  evolve: (_row, event) => entryOf(event),
};

export const customerTimelineProjection = projection<TimelineRow, Told & ErasureEvents>({
  name: 'customer_timeline',
  version: 1,
  entity: TimelineRow,
  on: {
    ...Object.fromEntries(told.map((type) => [type, entry])),
    // What happened to the one who goes has happened to the one who stays.
    'customer.merged': {
      many: ({ data }) => ({ where: { customerId: data.customerId }, set: { customerId: data.intoCustomerId } }),
    },
    ...whenErased<TimelineRow>('customer', (writtenOf) => ({ where: { writtenOf }, set: { text: erased } })),
  },
});

function entryOf({ id, type, data, metadata }: RecordedEvent<DomainEvent<string, Facts>>): TimelineRow | undefined {
  const { customerId, meetingId, taskId, approvalId, dealId, title, summary } = data;
  if (customerId === null) return undefined;
  return {
    id,
    customerId,
    writtenOf: customerId,
    at: new Date(metadata.occurredAt),
    eventType: type,
    kind: type.slice(0, type.indexOf('.')) as TimelineKind,
    subjectId: meetingId ?? taskId ?? approvalId ?? dealId ?? customerId,
    text: title ?? summary ?? null,
    actorId: metadata.actor.id,
    actorRole: metadata.actor.role,
  };
}
