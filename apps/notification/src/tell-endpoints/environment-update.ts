import type { EventOfType, Recorded } from '#libs/event-sourcing/src/event.js';
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
} as const satisfies Partial<Record<keyof EnvironmentEvents, EnvironmentStatus>>;

export type ToldEvent = EventOfType<EnvironmentEvent, keyof typeof statusAfter>;
export const toldEvents = Object.keys(statusAfter) as readonly ToldEvent['type'][];

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
      return known && { ...known, terms: event.data.terms };
    default:
      return known;
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
      status: statusAfter[event.type],
      url,
      specification: { plan, region, storageQuota, userLimit },
      ...(event.type === 'environment.needs_attention' && { reason: event.data.reason }),
      sequence: event.revision,
    },
  };
}
