import type { ReservationEvent } from '#libs/events/src/reservation.js';
import { Command } from './command.js';
import { type Decider, Refusal, unreachable } from './decider.js';

/** Target of a reservation command: what is to be unique, and a keyed hash of the value. */
export function reservationTarget(scope: string, key: string): string {
  return `${scope}-${key}`;
}

interface Reserved {
  readonly scope: string;
  readonly key: string;
  readonly owner: string;
}

/** Asks for a value; it is held until `expiresAt` unless it is confirmed. Its owner may ask again. */
export class Reserve extends Command<Reserved & { readonly expiresAt: string }> {
  override readonly type = 'reserve';
}

/** Makes a reservation permanent, once what it was for exists. */
export class ConfirmReservation extends Command<Reserved> {
  override readonly type = 'confirm_reservation';
}

/** Makes a value free whose reservation was not confirmed in time. Changes nothing before its end, or once it is confirmed. */
export class ReleaseReservation extends Command<Reserved> {
  override readonly type = 'release_reservation';
}

/** Its owner needs the value no more, confirmed or not: it is free at once. Changes nothing for anybody else. */
export class GiveUpReservation extends Command<Reserved> {
  override readonly type = 'give_up_reservation';
}

export type ReservationCommand = Reserve | ConfirmReservation | ReleaseReservation | GiveUpReservation;

export type ReservationState =
  | { readonly status: 'free' }
  | { readonly status: 'reserved'; readonly owner: string; readonly expiresAt: string }
  | { readonly status: 'confirmed'; readonly owner: string };

export type ReservationRefusal = 'already_reserved' | 'reservation_lost';

/** What must be unique across streams has a stream of its own: `unique-<scope>-<keyed hash>`. */
export const reservationDecider: Decider<ReservationState, ReservationCommand, ReservationEvent, ReservationRefusal> = {
  category: 'unique',
  initialState: { status: 'free' },

  decide(command, state) {
    const { scope, key, owner } = command.data;
    const isOwner = state.status !== 'free' && state.owner === owner;
    const expired = state.status === 'reserved' && state.expiresAt <= command.context.occurredAt;
    switch (command.type) {
      case 'reserve': {
        const { expiresAt } = command.data;
        if (isOwner && !expired) return [];
        if (state.status === 'free' || expired) {
          return [{ type: 'reservation.made', data: { scope, key, owner, expiresAt } }];
        }
        return new Refusal('already_reserved', `This ${scope} is taken. Choose another one.`);
      }
      case 'confirm_reservation':
        if (!isOwner)
          return new Refusal('reservation_lost', `This ${scope} was not reserved in time. Reserve it again.`);
        return state.status === 'confirmed' ? [] : [{ type: 'reservation.confirmed', data: { scope, key, owner } }];
      case 'release_reservation':
        return isOwner && expired ? [{ type: 'reservation.released', data: { scope, key, owner } }] : [];
      case 'give_up_reservation':
        return isOwner ? [{ type: 'reservation.released', data: { scope, key, owner } }] : [];
      default:
        return unreachable(command);
    }
  },

  evolve(_state, event) {
    switch (event.type) {
      case 'reservation.made':
        return { status: 'reserved', owner: event.data.owner, expiresAt: event.data.expiresAt };
      case 'reservation.confirmed':
        return { status: 'confirmed', owner: event.data.owner };
      case 'reservation.released':
        return { status: 'free' };
      default:
        return unreachable(event);
    }
  },
};
