import { Command } from '#libs/event-sourcing/src/command.js';
import type { Role } from '#libs/events/src/identity.js';

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

export interface ActiveUser {
  readonly status: 'active';
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
}

export type UserState = { readonly status: 'none' } | ActiveUser;

export type UserRefusal = 'user_exists';
