import { Command } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { AdministratorsEvent } from '#libs/events/src/identity.js';
import type { AdministratorsRefusal, AdministratorsState } from './administrators.js';

/** Target of every command: one stream for the whole company, so that two removals at once meet. */
export const administratorsId = 'all';

interface User {
  readonly userId: string;
}

/** A user got the role ADMIN. */
export class AddAdministrator extends Command<User> {
  override readonly type = 'add_administrator';
}

/** Sent before an administrator loses the role, in whatever way: a refusal must come before anything is lost. */
export class RemoveAdministrator extends Command<User> {
  override readonly type = 'remove_administrator';
}

export type AdministratorsCommand = AddAdministrator | RemoveAdministrator;

export const administratorsDecider: Decider<
  AdministratorsState,
  AdministratorsCommand,
  AdministratorsEvent,
  AdministratorsRefusal
> = {
  category: 'administrators',
  initialState: { status: 'none' },

  decide(command, state) {
    const { userId } = command.data;
    const userIds = state.status === 'none' ? [] : state.userIds;
    switch (command.type) {
      case 'add_administrator':
        return userIds.includes(userId) ? [] : [{ type: 'administrator.added', data: { userId } }];
      case 'remove_administrator':
        if (userIds.every((id) => id === userId)) {
          return new Refusal(
            'last_administrator',
            'This is the last administrator, and without one nobody could manage the users. ' +
              'Make somebody else an administrator first.',
          );
        }
        return userIds.includes(userId) ? [{ type: 'administrator.removed', data: { userId } }] : [];
      default:
        return unreachable(command);
    }
  },

  evolve(state, event) {
    const userIds = state.status === 'none' ? [] : state.userIds;
    switch (event.type) {
      case 'administrator.added':
        return { status: 'some', userIds: [...userIds, event.data.userId] };
      case 'administrator.removed':
        return { status: 'some', userIds: userIds.filter((id) => id !== event.data.userId) };
      default:
        return unreachable(event);
    }
  },
};
