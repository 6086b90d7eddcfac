import { Command } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { UserEvent } from '#libs/events/src/identity.js';
import type { ActiveUser, CredentialVersion, UserRecord, UserRefusal, UserState } from './user.js';

/** Lets somebody sign in. The password's hash stands in the credential table before this is sent. */
export class CreateUser extends Command<UserRecord & { readonly credential: CredentialVersion }> {
  override readonly type = 'create_user';
}

/** The whole record as it is to be. */
export class UpdateUser extends Command<UserRecord> {
  override readonly type = 'update_user';
}

/** The user may not sign in any more, for good. `reassignTo`: the user who takes over what they had to do. */
export class DeleteUser extends Command<{ readonly erasureId?: string; readonly reassignTo?: string }> {
  override readonly type = 'delete_user';
}

/** A new hash stands in its table, with the version after the one that it replaces. */
export class ChangePassword extends Command<{
  readonly credential: CredentialVersion;
  readonly how: 'changed' | 'reset';
}> {
  override readonly type = 'change_password';
}

/** A one-time link was made; the hash of its token stands in a table. `expiresAt`: ISO instant. */
export class RequestPasswordReset extends Command<{ readonly resetId: string; readonly expiresAt: string }> {
  override readonly type = 'request_password_reset';
}

/** The user has shown that they hold the seed that stands in the table. */
export class EnableSecondFactor extends Command<{ readonly credential: CredentialVersion }> {
  override readonly type = 'enable_second_factor';
}

export class DisableSecondFactor extends Command {
  override readonly type = 'disable_second_factor';
}

/** A recovery code was used up. */
export class UseRecoveryCode extends Command<{ readonly remaining: number }> {
  override readonly type = 'use_recovery_code';
}

export type UserCommand =
  | CreateUser
  | UpdateUser
  | DeleteUser
  | ChangePassword
  | RequestPasswordReset
  | EnableSecondFactor
  | DisableSecondFactor
  | UseRecoveryCode;

export const userCommands = [
  CreateUser,
  UpdateUser,
  DeleteUser,
  ChangePassword,
  RequestPasswordReset,
  EnableSecondFactor,
  DisableSecondFactor,
  UseRecoveryCode,
];

const changedMeanwhile = 'Another request changed the password at the same time. Sign in with the newest one.';
const factorIsOn = 'You have a second factor already. Send POST /api/auth/me/second-factor/disable first.';

export const userDecider: Decider<UserState, UserCommand, UserEvent, UserRefusal> = {
  category: 'user',
  initialState: { status: 'none' },

  decide(command, state) {
    const userId = command.target;
    if (command.type === 'create_user') {
      if (state.status !== 'none') return new Refusal('user_exists', 'This user exists already.');
      return [{ type: 'user.created', data: { userId, ...command.data } }];
    }
    if (state.status === 'none') return new Refusal('user_not_found', 'No user has this id.');
    if (command.type === 'delete_user') {
      return state.status === 'active' ? [{ type: 'user.deleted', data: { userId, ...command.data } }] : [];
    }
    if (state.status === 'deleted') {
      return new Refusal('user_deleted', 'This user was deleted, which is for good. Create a new one.');
    }
    switch (command.type) {
      case 'update_user':
        return update(command, state);
      case 'change_password':
        // Whoever proved the password before this one, or held a link to it, has proved nothing of this one.
        return command.data.credential.version === state.credential.version + 1
          ? [{ type: 'user.password_changed', data: { userId, ...command.data } }]
          : new Refusal('password_changed_meanwhile', changedMeanwhile);
      case 'request_password_reset':
        return [{ type: 'user.password_reset_requested', data: { userId, ...command.data } }];
      case 'enable_second_factor':
        return state.secondFactor
          ? new Refusal('second_factor_is_on', factorIsOn)
          : [{ type: 'user.second_factor_enabled', data: { userId, ...command.data } }];
      case 'disable_second_factor':
        return state.secondFactor ? [{ type: 'user.second_factor_disabled', data: { userId } }] : [];
      case 'use_recovery_code':
        return [{ type: 'user.recovery_code_used', data: { userId, ...command.data } }];
      default:
        return unreachable(command);
    }
  },

  evolve(state, event) {
    if (event.type === 'user.created') {
      const { userId: id, email, name, role, credential } = event.data;
      return { status: 'active', id, email, name, role, credential, secondFactor: null };
    }
    if (state.status !== 'active') return state;
    switch (event.type) {
      case 'user.updated': {
        const { email, name, role } = event.data;
        return { ...state, email, name, role };
      }
      case 'user.deleted':
        return { status: 'deleted' };
      case 'user.password_changed':
        return { ...state, credential: event.data.credential };
      case 'user.second_factor_enabled':
        return { ...state, secondFactor: event.data.credential };
      case 'user.second_factor_disabled':
        return { ...state, secondFactor: null };
      case 'user.password_reset_requested':
      case 'user.recovery_code_used':
        return state;
      default:
        return unreachable(event);
    }
  },
};

function update({ target: userId, data: { email, name, role } }: UpdateUser, state: ActiveUser): UserEvent[] {
  if (email === state.email && name === state.name && role === state.role) return [];
  const previous = { email: state.email, name: state.name, role: state.role };
  return [{ type: 'user.updated', data: { userId, email, name, role, previous } }];
}
