import { Command } from '#libs/event-sourcing/src/command.js';

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

export type SessionCommand = StartSession | RefreshSession | EndSession;

export type SessionState =
  | { readonly status: 'none' }
  | {
      readonly status: 'active';
      readonly userId: string;
      readonly expiresAt: string;
      /** Only the token of this generation is good. */
      readonly generation: number;
    }
  | { readonly status: 'ended' };

export type SessionRefusal = 'session_exists' | 'session_ended' | 'session_not_found';
