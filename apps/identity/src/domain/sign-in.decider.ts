import { Command } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { SignInEvent, SignInEvents } from '#libs/events/src/identity.js';
import { isLocked, type SignInRefusal, type SignInState } from './sign-in.js';

/** Failures in a row that lock nothing. */
const freeFailures = 4;
const firstLockMs = 60_000;
const longestLockMs = 3_600_000;

interface WhoseMail {
  /** Null where nobody has the address. */
  readonly userId: string | null;
}

/** A password or a code was wrong. Counts nothing while the address is locked. */
export class RecordFailure extends Command<
  WhoseMail & { readonly reason: SignInEvents['user.login_failed']['reason'] }
> {
  override readonly type = 'record_failure';
}

/** Password and code were right; refused while the address is locked. */
export class RecordSuccess extends Command<WhoseMail> {
  override readonly type = 'record_success';
}

/** An administrator lets the user try again. */
export class LiftLock extends Command<WhoseMail> {
  override readonly type = 'lift_lock';
}

export type SignInCommand = RecordFailure | RecordSuccess | LiftLock;
export const signInCommands = [RecordFailure, RecordSuccess, LiftLock];

/** The fifth failure in a row locks for a minute, each further one for twice as long, an hour at most. */
export const signInDecider: Decider<SignInState, SignInCommand, SignInEvent, SignInRefusal> = {
  category: 'sign-in',
  initialState: { status: 'counting', failures: 0, lockedUntil: null },

  decide(command, state) {
    const signInId = command.target;
    const { userId } = command.data;
    const { occurredAt } = command.context;
    switch (command.type) {
      case 'record_failure': {
        if (isLocked(state, occurredAt)) return [];
        const failures = state.failures + 1;
        const { reason } = command.data;
        const failed: SignInEvent = { type: 'user.login_failed', data: { signInId, userId, reason, failures } };
        if (failures <= freeFailures) return [failed];
        const lockMs = Math.min(firstLockMs * 2 ** (failures - freeFailures - 1), longestLockMs);
        const until = new Date(Date.parse(occurredAt) + lockMs).toISOString();
        return [failed, { type: 'user.locked', data: { signInId, userId, until } }];
      }
      case 'record_success':
        if (isLocked(state, occurredAt)) {
          return new Refusal('sign_in_locked', 'Too many sign-ins with this mail address were refused. Try later.');
        }
        return state.failures === 0 ? [] : [{ type: 'user.unlocked', data: { signInId, userId } }];
      case 'lift_lock':
        return state.failures === 0 ? [] : [{ type: 'user.unlocked', data: { signInId, userId } }];
      default:
        return unreachable(command);
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'user.login_failed':
        return { ...state, failures: event.data.failures };
      case 'user.locked':
        return { ...state, lockedUntil: event.data.until };
      case 'user.unlocked':
        return { status: 'counting', failures: 0, lockedUntil: null };
      default:
        return unreachable(event);
    }
  },
};
