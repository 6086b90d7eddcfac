import { Injectable } from '@nestjs/common';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { ActiveUser, UserState } from './domain/user.js';
import { userDecider } from './domain/user.decider.js';

/** With the revision of the user's stream. */
export type CurrentUser = ActiveUser & { readonly revision: number };

/** Users as the log knows them now: a sign-in must not see yesterday's role because a read model is behind. */
@Injectable()
export class Users {
  constructor(private readonly aggregates: Aggregates) {}

  async find(id: string): Promise<CurrentUser | undefined> {
    const { state, revision } = await this.current(id);
    return state.status === 'active' ? { ...state, revision } : undefined;
  }

  /** With the revision of the user's stream, -1 for an id that nobody has. */
  async current(id: string): Promise<{ readonly state: UserState; readonly revision: number }> {
    let state = userDecider.initialState;
    let revision = -1;
    for await (const event of this.aggregates.history(userDecider, id)) {
      state = userDecider.evolve(state, event);
      revision = event.revision;
    }
    return { state, revision };
  }

  /** Whether a command changed this user before: what it did besides its event is not to be done again. */
  async hasCarriedOut(id: string, commandId: string): Promise<boolean> {
    for await (const { metadata } of this.aggregates.history(userDecider, id)) {
      if (metadata.commandId === commandId) return true;
    }
    return false;
  }

  /** Whether the password was changed after a one-time link was made, by another command than this. */
  async hasNewerPassword(id: string, resetId: string, commandId: string): Promise<boolean> {
    let isAfterLink = false;
    for await (const { type, data, metadata } of this.aggregates.history(userDecider, id)) {
      if (type === 'user.password_reset_requested') isAfterLink ||= data.resetId === resetId;
      if (type === 'user.password_changed' && isAfterLink) return metadata.commandId !== commandId;
    }
    return false;
  }
}
