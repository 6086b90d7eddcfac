import { Command } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { RevocationReason, SessionEvent } from '#libs/events/src/identity.js';
import type { SessionRefusal, SessionState } from './session.js';

/** A person proved who they are. `expiresAt`: ISO instant after which the session can't be continued. */
export class StartSession extends Command<{ readonly userId: string; readonly expiresAt: string }> {
  override readonly type = 'start_session';
}

/** A refresh token came in. `generation` counts the exchanges of the session that led to that token. */
export class RefreshSession extends Command<{ readonly generation: number }> {
  override readonly type = 'refresh_session';
}

/** The person signs out. */
export class EndSession extends Command {
  override readonly type = 'end_session';
}

/** The session is ended by something else than its user's sign-out. */
export class RevokeSession extends Command<{ readonly reason: RevocationReason }> {
  override readonly type = 'revoke_session';
}

export type SessionCommand = StartSession | RefreshSession | EndSession | RevokeSession;
export const sessionCommands = [StartSession, RefreshSession, EndSession, RevokeSession];

const unknown = 'There is no such session. GET /api/auth/sessions lists yours.';

type Decision = readonly SessionEvent[] | Refusal<SessionRefusal>;

export const sessionDecider: Decider<SessionState, SessionCommand, SessionEvent, SessionRefusal> = {
  category: 'session',
  initialState: { status: 'none' },

  decide(command, state) {
    const sessionId = command.target;
    switch (command.type) {
      case 'start_session':
        if (state.status !== 'none') return new Refusal('session_exists', 'This session was started already.');
        return [{ type: 'user.login', data: { sessionId, ...command.data } }];
      case 'refresh_session':
        return refresh(command, state);
      case 'end_session':
        if (state.status === 'none') return new Refusal('session_not_found', unknown);
        if (state.status === 'ended') return [];
        return [{ type: 'user.logout', data: { sessionId, userId: state.userId } }];
      case 'revoke_session':
        if (state.status === 'none') return new Refusal('session_not_found', unknown);
        if (state.status === 'ended') return [];
        return [{ type: 'session.revoked', data: { sessionId, userId: state.userId, ...command.data } }];
      default:
        return unreachable(command);
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'user.login': {
        const { userId, expiresAt } = event.data;
        return { status: 'active', userId, expiresAt, generation: 0 };
      }
      case 'session.refreshed':
        return state.status === 'active' ? { ...state, generation: event.data.generation } : state;
      case 'session.reuse_detected':
      case 'user.logout':
      case 'session.revoked':
        return { status: 'ended' };
      default:
        return unreachable(event);
    }
  },
};

/**
 * A token that was exchanged before is in two hands, and nobody can tell which of them is the thief's: the session
 * ends for both. Two exchanges of one token at the same instant are no exception.
 */
function refresh(command: RefreshSession, state: SessionState): Decision {
  const { generation } = command.data;
  const ended = new Refusal('session_ended', 'This session has ended. Sign in again.');
  if (state.status !== 'active' || state.expiresAt <= command.context.occurredAt) return ended;
  const session = { sessionId: command.target, userId: state.userId };
  if (generation < state.generation) return [{ type: 'session.reuse_detected', data: { ...session, generation } }];
  // A token that is ahead of the log was made by a refresh that never came to be.
  if (generation > state.generation) return ended;
  return [{ type: 'session.refreshed', data: { ...session, generation: generation + 1 } }];
}
