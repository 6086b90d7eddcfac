import type { Role } from '#libs/events/src/identity.js';

export interface ActiveUser {
  readonly status: 'active';
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
}

export type UserState = { readonly status: 'none' } | ActiveUser | { readonly status: 'deleted' };

export type UserRefusal = 'user_exists' | 'user_not_found';
