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

export type UserCommand = CreateUser;

export const userDecider: Decider<UserState, UserCommand, UserEvent, UserRefusal> = {
  category: 'user',
  initialState: { status: 'none' },

  decide(command, state) {
    if (state.status !== 'none') return new Refusal('user_exists', 'This user exists already.');
    return [{ type: 'user.created', data: { userId: command.target, ...command.data } }];
  },

  evolve(_state, event) {
    switch (event.type) {
      case 'user.created': {
        const { userId: id, email, name, role } = event.data;
        return { status: 'active', id, email, name, role };
      }
      default:
        return unreachable(event.type);
    }
  },
};
