import type { Role } from '#libs/events/src/identity.js';

export type ApiKeyState =
  | { readonly status: 'none' }
  | {
      readonly status: 'issued';
      readonly name: string;
      readonly role: Role;
      /** Null: all permissions of the role. */
      readonly scopes: readonly string[] | null;
      /** ISO instant. */
      readonly expiresAt: string;
    }
  | { readonly status: 'revoked' };

export type ApiKeyRefusal = 'api_key_exists' | 'api_key_not_found';
