import { Command } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { AdministratorsEvent } from '#libs/events/src/identity.js';
import type { AdministratorsRefusal, AdministratorsState } from './administrators.js';

/** Target of every command: one stream for the whole company, so that two removals at once meet. */
export const administratorsId = 'all';

interface UserAt {
  readonly userId: string;
  /** Revision of the user's stream. */
  readonly userRevision: number;
}

/** `userRevision` of a removal after which the user never comes back. */
export const forGood = Number.MAX_SAFE_INTEGER;

/**
 * A user got the role ADMIN, by the event of that revision. Sent after it, so it may come late: whoever has been
 * removed by a later change stays removed.
 */
export class AddAdministrator extends Command<UserAt> {
  override readonly type = 'add_administrator';
}

/**
 * Sent before an administrator loses the role, in whatever way, by the event that is to have that revision: a refusal
 * must come before anything is lost. Should that event not come to be, the list is too short and never too long.
 */
export class RemoveAdministrator extends Command<UserAt> {
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
    const { userId, userRevision } = command.data;
    const userIds = state.status === 'none' ? [] : state.userIds;
    const removedAt = (state.status === 'none' ? undefined : state.removedAt[userId]) ?? -1;
    switch (command.type) {
      case 'add_administrator':
        if (userIds.includes(userId) || userRevision < removedAt) return [];
        return [{ type: 'administrator.added', data: { userId, userRevision } }];
      case 'remove_administrator':
        if (userIds.every((id) => id === userId)) {
          return new Refusal(
            'last_administrator',
            'This is the last administrator, and without one nobody could manage the users. ' +
              'Make somebody else an administrator first.',
          );
        }
        // Also for somebody who is not on the list yet: their addition may be on its way.
        if (!userIds.includes(userId) && userRevision <= removedAt) return [];
        return [{ type: 'administrator.removed', data: { userId, userRevision } }];
      default:
        return unreachable(command);
    }
  },

  evolve(state, event) {
    const { userId, userRevision = 0 } = event.data;
    const { userIds, removedAt } = state.status === 'none' ? { userIds: [], removedAt: {} } : state;
    switch (event.type) {
      case 'administrator.added':
        return { status: 'some', userIds: [...userIds, userId], removedAt };
      case 'administrator.removed': {
        const others = userIds.filter((id) => id !== userId);
        return { status: 'some', userIds: others, removedAt: { ...removedAt, [userId]: userRevision } };
      }
      default:
        return unreachable(event);
    }
  },
};
