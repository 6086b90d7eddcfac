import type { EventOf, EventTable } from './event-table.js';

/** What an operator decided about an event that a policy could not handle. */
interface Decision {
  readonly parkedEventId: string;
  /** `<context>/<policy>` */
  readonly policy: string;
  readonly eventId: string;
}

export interface ParkedEventEvents {
  'parked_event.replay_requested': Decision;
  'parked_event.skip_requested': Decision;
}

export type ParkedEventEvent = EventOf<ParkedEventEvents>;

export const parkedEventEvents: EventTable<ParkedEventEvents> = {
  'parked_event.replay_requested': {
    version: 1,
    description: 'An operator lets a policy handle a parked event again.',
  },
  'parked_event.skip_requested': { version: 1, description: 'An operator lets a policy go on without a parked event.' },
};
