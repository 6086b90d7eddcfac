import { Command } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { ApiKeyEvent, Role } from '#libs/events/src/identity.js';
import type { ApiKeyRefusal, ApiKeyState } from './api-key.js';

/** Lets a machine client call the API. The hash of the secret stands in its table before this is sent. */
export class IssueApiKey extends Command<{
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly string[] | null;
  readonly expiresAt: string;
}> {
  override readonly type = 'issue_api_key';
}

/** The key is good for nothing from here on. */
export class RevokeApiKey extends Command {
  override readonly type = 'revoke_api_key';
}

export type ApiKeyCommand = IssueApiKey | RevokeApiKey;
export const apiKeyCommands = [IssueApiKey, RevokeApiKey];

export const apiKeyDecider: Decider<ApiKeyState, ApiKeyCommand, ApiKeyEvent, ApiKeyRefusal> = {
  category: 'api-key',
  initialState: { status: 'none' },

  decide(command, state) {
    const apiKeyId = command.target;
    switch (command.type) {
      case 'issue_api_key':
        if (state.status !== 'none') return new Refusal('api_key_exists', 'This key was issued already.');
        return [{ type: 'api_key.issued', data: { apiKeyId, ...command.data } }];
      case 'revoke_api_key':
        if (state.status === 'none') {
          return new Refusal('api_key_not_found', 'No key has this id. GET /api/auth/api-keys lists them.');
        }
        return state.status === 'revoked' ? [] : [{ type: 'api_key.revoked', data: { apiKeyId } }];
      default:
        return unreachable(command);
    }
  },

  evolve(_state, event) {
    switch (event.type) {
      case 'api_key.issued': {
        const { name, role, scopes, expiresAt } = event.data;
        return { status: 'issued', name, role, scopes, expiresAt };
      }
      case 'api_key.revoked':
        return { status: 'revoked' };
      default:
        return unreachable(event);
    }
  },
};
