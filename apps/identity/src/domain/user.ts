import type { Role } from '#libs/events/src/identity.js';

/** A secret of a user, which stands in a table under this id and version. */
export interface CredentialVersion {
  readonly id: string;
  readonly version: number;
}

/** What a user is known by. */
export interface UserRecord {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
}

export interface ActiveUser extends UserRecord {
  readonly status: 'active';
  readonly id: string;
  /** How they sign in. */
  readonly credential: CredentialVersion;
  /** The seed of their second factor; null where they sign in without. */
  readonly secondFactor: CredentialVersion | null;
}

export type UserState = { readonly status: 'none' } | ActiveUser | { readonly status: 'deleted' };

export type UserRefusal =
  'user_exists' | 'user_not_found' | 'user_deleted' | 'password_changed_meanwhile' | 'second_factor_is_on';
