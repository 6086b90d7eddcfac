import type { EventOf, EventTable } from './event-table.js';

export interface ReservationEvents {
  /** `key` is a keyed hash of the reserved value; it never tells the value. */
  'reservation.made': {
    readonly scope: string;
    readonly key: string;
    readonly owner: string;
    readonly expiresAt: string;
  };
  'reservation.confirmed': { readonly scope: string; readonly key: string; readonly owner: string };
  'reservation.released': { readonly scope: string; readonly key: string; readonly owner: string };
}

export type ReservationEvent = EventOf<ReservationEvents>;

export const reservationEvents: EventTable<ReservationEvents> = {
  'reservation.made': { version: 1, description: 'A value that must be unique was reserved for one owner.' },
  'reservation.confirmed': { version: 1, description: 'The owner exists; the value is theirs for good.' },
  'reservation.released': { version: 1, description: 'The value is free again.' },
};
