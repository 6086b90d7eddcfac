/** What meetings and tasks have in common when they go out of sight and come back. */
import type { DeletionReason } from '#libs/events/src/sales-activity.js';
import type { Parties } from './parties.js';

/** Puts away what belonged to a customer or user who was deleted; `of` is their id. */
export interface Archiving {
  readonly reason: Exclude<DeletionReason, 'requested'>;
  readonly of: string;
}

/** What belonged to a customer belongs to another one, of whom the first became part. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

/** Brings back what somebody deleted. `userId` takes it over, which somebody has to where its user was deleted. */
export interface Restoration {
  readonly userId?: string;
  /** How its customer and its user, or whoever takes over, stand. */
  readonly parties: Parties;
}

/**
 * Whether what is deleted for `current`, or not at all, is to be deleted for `reason`. A customer may come back; what
 * also lost its user must not come back with them.
 */
export function isArchivedBy(reason: Archiving['reason'], current: DeletionReason | undefined): boolean {
  return current === undefined || (current === 'customer_deleted' && reason === 'user_deleted');
}

/** The fields that a change gives other values, in the order of the record. */
export function changedFields<Rec extends object>(before: Rec, after: Rec): (keyof Rec & string)[] {
  return (Object.keys(before) as (keyof Rec & string)[]).filter((field) => before[field] !== after[field]);
}
