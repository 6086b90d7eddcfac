import { projection } from '#libs/event-sourcing/src/projection.js';
import type { ReservationEvents } from '#libs/events/src/reservation.js';
import { slugScope } from '../domain/environment-name.js';
import { SlugReservation } from './slug-reservation.entity.js';

/** Other contexts reserve other things. */
const keys = ({ data }: { readonly data: { readonly scope: string; readonly key: string } }): string[] =>
  data.scope === slugScope ? [data.key] : [];
const settled = { keys, evolve: () => undefined };

/** The timers of unconfirmed reservations, as the log has them. */
export const slugReservationProjection = projection<SlugReservation, ReservationEvents>({
  name: 'slug_reservation',
  version: 1,
  entity: SlugReservation,
  on: {
    'reservation.made': {
      keys,
      evolve: (_row, { data: { key, owner, expiresAt }, metadata: { correlationId } }) => ({
        key,
        owner,
        dueAt: new Date(expiresAt),
        correlationId,
      }),
    },
    'reservation.confirmed': settled,
    'reservation.released': settled,
  },
});
