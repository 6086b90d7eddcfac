import { Command } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { Role, UserEvent } from '#libs/events/src/identity.js';
import type { UserRefusal, UserState } from './user.js';

/** Lets somebody sign in. The password's hash stands in the credential table before this is sent. */
export class CreateUser extends Command<{
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly credential: { readonly id: string; readonly version: number };
}> {
  override readonly type = 'create_user';
}

/** The user may not sign in any more, for good. */
export class DeleteUser extends Command<{ readonly erasureId?: string }> {
  override readonly type = 'delete_user';
}

export type UserCommand = CreateUser | DeleteUser;

export const userDecider: Decider<UserState, UserCommand, UserEvent, UserRefusal> = {
  category: 'user',
  initialState: { status: 'none' },

  decide(command, state) {
    const userId = command.target;
    switch (command.type) {
      case 'create_user':
        if (state.status !== 'none') return new Refusal('user_exists', 'This user exists already.');
        return [{ type: 'user.created', data: { userId, ...command.data } }];
      case 'delete_user':
        if (state.status === 'none') return new Refusal('user_not_found', 'No user has this id.');
        return state.status === 'active' ? [{ type: 'user.deleted', data: { userId, ...command.data } }] : [];
      default:
        return unreachable(command);
    }
  },

  evolve(_state, event) {
    switch (event.type) {
      case 'user.created': {
        const { userId: id, email, name, role } = event.data;
        return { status: 'active', id, email, name, role };
      }
      case 'user.deleted':
        return { status: 'deleted' };
      default:
        return unreachable(event);
    }
  },
};
