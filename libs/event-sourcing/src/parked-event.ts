import type { ParkedEventEvent } from '#libs/events/src/parked-event.js';
import { Command } from './command.js';
import { type Decider, Refusal, unreachable } from './decider.js';
import { stableId } from './ids.js';

/** Target of the commands: the same event and policy always have the same. */
export function parkedEventId(policy: string, eventId: string): string {
  return stableId('parked event', policy, eventId);
}

interface Parked {
  readonly policy: string;
  readonly eventId: string;
}

/** Lets the policy handle the event again, and after it those of its key that wait behind it. */
export class ReplayParkedEvent extends Command<Parked> {
  override readonly type = 'replay_parked_event';
}

/** Lets the policy go on without the event. */
export class SkipParkedEvent extends Command<Parked> {
  override readonly type = 'skip_parked_event';
}

export type ParkedEventState = { readonly status: 'open' } | { readonly status: 'skipped' };
export type ParkedEventRefusal = 'parked_event_skipped';

/**
 * What operators decide about one parked event. The policy reads it from the log like any other event, so one
 * process carries it out, in its turn, and a crash in the middle repeats it.
 */
export const parkedEventDecider: Decider<
  ParkedEventState,
  ReplayParkedEvent | SkipParkedEvent,
  ParkedEventEvent,
  ParkedEventRefusal
> = {
  category: 'parked_event',
  initialState: { status: 'open' },

  decide(command, state) {
    const data = { parkedEventId: command.target, ...command.data };
    switch (command.type) {
      case 'replay_parked_event':
        if (state.status === 'open') return [{ type: 'parked_event.replay_requested', data }];
        return new Refusal('parked_event_skipped', 'An operator skipped this event, so it is not replayed.');
      case 'skip_parked_event':
        return state.status === 'open' ? [{ type: 'parked_event.skip_requested', data }] : [];
      default:
        return unreachable(command);
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'parked_event.replay_requested':
        return state;
      case 'parked_event.skip_requested':
        return { status: 'skipped' };
      default:
        return unreachable(event);
    }
  },
};
