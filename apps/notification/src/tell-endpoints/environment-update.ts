import type { EventOfType, Recorded, RecordedEvent } from '#libs/event-sourcing/src/event.js';
import type { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import type { EventStore } from '#libs/event-sourcing/src/event-store.js';
import type { EnvironmentStatus, WebhookContent } from '#libs/events/src/notification.js';
import type { EnvironmentEvent, EnvironmentEvents } from '#libs/events/src/provisioning.js';

/** What other systems are told of, and the status that an environment then has for them. */
const statusAfter = {
  'environment.requested': 'provisioning',
  'environment.needs_attention': 'needs_attention',
  'environment.retry_requested': 'provisioning',
  'environment.resumed': 'provisioning',
  'environment.settings_corrected': 'provisioning',
  'environment.version_chosen': 'provisioning',
  'environment.ready': 'ready',
  'environment.amendment_requested': 'provisioning',
  'environment.suspension_requested': 'provisioning',
  'environment.resumption_requested': 'provisioning',
  'environment.approval_requested': 'awaiting_approval',
  'environment.change_approved': 'provisioning',
  'environment.change_rejected': ({ mode }) => atRest(mode),
  'environment.amended': ({ mode }) => atRest(mode),
  'environment.suspended': 'suspended',
  'environment.restored': 'ready',
  'environment.termination_requested': 'terminating',
  'environment.cancellation_requested': 'terminating',
  'environment.retained': 'retained',
  'environment.deleted': ({ why }) => (why === 'cancelled' ? 'cancelled' : 'deleted'),
} as const satisfies {
  readonly [Type in keyof EnvironmentEvents]?:
    EnvironmentStatus | ((data: EnvironmentEvents[Type]) => EnvironmentStatus);
};

export type ToldEvent = EventOfType<EnvironmentEvent, keyof typeof statusAfter>;
export const toldEvents = Object.keys(statusAfter) as readonly ToldEvent['type'][];

function atRest(mode: 'running' | 'suspended'): EnvironmentStatus {
  return mode === 'running' ? 'ready' : 'suspended';
}

function statusOf({ type, data }: ToldEvent): EnvironmentStatus {
  // The compiler does not see that the entry of a type takes the data of that type.
  const status = statusAfter[type] as EnvironmentStatus | ((data: ToldEvent['data']) => EnvironmentStatus);
  return typeof status === 'function' ? status(data) : status;
}

/** Of an environment, as the newest event up to a certain one tells it. */
export type EnvironmentFacts = Pick<
  EnvironmentEvents['environment.requested'],
  'environmentId' | 'contractId' | 'externalId' | 'terms' | 'url'
>;

/** What is known of it after one more event. */
export function factsAfter(known: EnvironmentFacts | undefined, event: EnvironmentEvent): EnvironmentFacts | undefined {
  switch (event.type) {
    case 'environment.requested':
    case 'environment.ready':
    case 'environment.amended':
    case 'environment.suspended':
    case 'environment.restored':
    case 'environment.retained':
    case 'environment.deleted':
      return event.data;
    case 'environment.settings_corrected':
    case 'environment.amendment_requested':
    case 'environment.change_rejected':
      return known && { ...known, terms: event.data.terms };
    default:
      return known;
  }
}

/** Events of its environment up to this one: from the log itself, so that what is told late tells what held then. */
export async function* historyUpTo(
  store: EventStore,
  schemas: EventSchemas,
  { stream, revision }: Pick<RecordedEvent, 'stream' | 'revision'>,
): AsyncGenerator<Recorded<EnvironmentEvent>> {
  for await (const stored of store.readStream(stream)) {
    if (stored.revision > revision) return;
    yield schemas.current(stored) as Recorded<EnvironmentEvent>;
  }
}

/** Names no person: what is copied here leaves our hands. */
export function environmentUpdate(event: Recorded<ToldEvent>, facts: EnvironmentFacts): WebhookContent {
  const { environmentId, contractId, externalId, url, terms } = facts;
  const { plan, region, storageQuota, userLimit } = terms;
  return {
    eventId: event.id,
    eventType: event.type,
    timestamp: event.metadata.occurredAt,
    data: {
      environmentId,
      contractId,
      externalId,
      status: statusOf(event),
      url,
      specification: { plan, region, storageQuota, userLimit },
      ...(event.type === 'environment.needs_attention' && { reason: event.data.reason }),
      sequence: event.revision,
    },
  };
}
