import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { UserEvent } from '#libs/events/src/identity.js';
import type { UserCommand, UserRefusal, UserState } from './user.js';

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
