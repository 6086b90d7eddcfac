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

/** What names a customer, but for what the spec leaves out. Whoever adds a type counts the version up. */
const told = [
  'customer.created',
  'customer.updated',
  'customer.deleted',
  'customer.restored',
  'customer.assigned',
  'customer.absorbed',
  'customer.merge_abandoned',
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
  'approval.updated',
  'approval.step_decided',
  'approval.approved',
  'approval.rejected',
  'approval.recalled',
  'approval.restored',
  'approval.reassigned',
  'approval.escalated',
  'approval.moved',
  'deal.opened',
  'deal.updated',
  'deal.stage_changed',
  'deal.won',
  'deal.lost',
  'deal.deleted',
  'deal.restored',
  'deal.reassigned',
  'deal.moved',
] as const satisfies readonly (keyof Told)[];

interface Facts {
  readonly customerId: string | null;
  readonly meetingId?: string;
  readonly taskId?: string;
  readonly approvalId?: string;
  readonly dealId?: string;
  readonly title?: string;
  readonly summary?: string;
  readonly comment?: string | null;
}

const entry: ProjectionStep<TimelineRow, DomainEvent<string, Facts>> = {
  // The same event is one entry.
  keys: (event) => (event.data.customerId === null ? [] : [placeOf(event)]),
  evolve: (_row, event, place) => entryOf(event, place),
};

export const customerTimelineProjection = projection<TimelineRow, Told & ErasureEvents>({
  name: 'customer_timeline',
  version: 2,
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

/** As a text that sorts as the log does. */
function placeOf({ position, revision, id }: RecordedEvent): string {
  return `${String(position).padStart(20, '0')} ${String(revision).padStart(10, '0')} ${id}`;
}

function entryOf(
  { id, type, data, metadata }: RecordedEvent<DomainEvent<string, Facts>>,
  place: string,
): TimelineRow | undefined {
  const { customerId, meetingId, taskId, approvalId, dealId, title, summary, comment } = data;
  if (customerId === null) return undefined;
  return {
    place,
    id,
    customerId,
    writtenOf: customerId,
    at: new Date(metadata.occurredAt),
    eventType: type,
    kind: type.slice(0, type.indexOf('.')) as TimelineKind,
    subjectId: meetingId ?? taskId ?? approvalId ?? dealId ?? customerId,
    text: title ?? summary ?? comment ?? null,
    actorId: metadata.actor.id,
    actorRole: metadata.actor.role,
  };
}
