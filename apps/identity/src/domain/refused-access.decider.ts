import { Command } from '#libs/event-sourcing/src/command.js';
import type { Decider } from '#libs/event-sourcing/src/decider.js';
import type { RefusedAccessEvent, RefusedAccessEvents } from '#libs/events/src/identity.js';

/** Refusals that are all recorded. */
const freeRefusals = 4;
const firstQuietMs = 60_000;
const longestQuietMs = 3_600_000;
/** Nobody was refused for so long after a quiet time: the count begins anew. */
const forgottenMs = 86_400_000;

/** What somebody came with, and what was wrong with it. */
export type RefusedAccess = Pick<RefusedAccessEvents['access.refused'], 'means' | 'clientId' | 'userId' | 'reason'>;

/** Somebody was refused. Target: what they came with and whose it is, or "unknown", where all strangers meet. */
export class RecordRefusal extends Command<RefusedAccess> {
  override readonly type = 'record_refusal';
}

export interface RefusedAccessState {
  readonly status: 'watching';
  readonly refusals: number;
  /** ISO instant. */
  readonly quietUntil: string | null;
}

/**
 * Tells the audit log who was refused, and lets nobody fill the log with it: from the fifth on each is followed by a
 * minute in which none is recorded, then by two, an hour at most. After a day without any the count begins anew.
 * Nobody is kept from anything by it.
 */
export const refusedAccessDecider: Decider<RefusedAccessState, RecordRefusal, RefusedAccessEvent> = {
  category: 'refused-access',
  initialState: { status: 'watching', refusals: 0, quietUntil: null },

  decide({ data, context: { occurredAt } }, state) {
    if (state.quietUntil !== null && occurredAt < state.quietUntil) return [];
    const refusals = isForgotten(state, occurredAt) ? 1 : state.refusals + 1;
    const doublings = refusals - freeRefusals - 1;
    const quietMs = doublings < 0 ? 0 : Math.min(firstQuietMs * 2 ** doublings, longestQuietMs);
    const quietUntil = new Date(Date.parse(occurredAt) + quietMs).toISOString();
    return [{ type: 'access.refused', data: { ...data, refusals, quietUntil } }];
  },

  evolve: (state, { data: { refusals, quietUntil } }) => ({ ...state, refusals, quietUntil }),
};

function isForgotten({ quietUntil }: RefusedAccessState, occurredAt: string): boolean {
  return quietUntil !== null && Date.parse(occurredAt) - Date.parse(quietUntil) >= forgottenMs;
}
