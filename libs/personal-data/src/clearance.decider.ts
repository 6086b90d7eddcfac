import { Command } from '#libs/event-sourcing/src/command.js';
import type { Decider } from '#libs/event-sourcing/src/decider.js';
import type { ClearanceEvent, ClearanceEvents } from '#libs/events/src/erasure.js';

/** Target of the command: one stream for each context and erasure, so that contexts confirm on their own. */
export function clearanceId(context: string, erasureId: string): string {
  return `${context}-${erasureId}`;
}

/** The context holds nothing of the subject any more. */
export class ConfirmCopiesCleared extends Command<ClearanceEvents['erasure.copies_cleared']> {
  override readonly type = 'confirm_copies_cleared';
}

export type ClearanceState = { readonly status: 'none' } | { readonly status: 'cleared' };

export const clearanceDecider: Decider<ClearanceState, ConfirmCopiesCleared, ClearanceEvent, never> = {
  category: 'clearance',
  initialState: { status: 'none' },
  decide: (command, { status }) =>
    status === 'cleared' ? [] : [{ type: 'erasure.copies_cleared', data: command.data }],
  evolve: () => ({ status: 'cleared' }),
};
