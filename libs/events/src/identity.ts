import type { EventOf, EventTable } from './event-table.js';

export type { ErasureEvent, ErasureEvents, ErasureReason } from './erasure.js';
export type { Subject } from './subject.js';

/** What somebody may do follows from these; the permission table is in libs/auth. SERVICE is a machine, not a person. */
export const roles = ['ADMIN', 'MANAGER', 'SALES', 'COMPLIANCE', 'SUPPORT', 'OPERATOR', 'SERVICE'] as const;
export type Role = (typeof roles)[number];

export interface UserEvents {
  'user.created': {
    readonly userId: string;
    readonly email: string;
    readonly name: string;
    readonly role: Role;
    /** The password hash stands in the credential table under this id and version. */
    readonly credential: { readonly id: string; readonly version: number };
  };
  /** The user as they are now, and as they were before. */
  'user.updated': UserRecord & { readonly userId: string; readonly previous: UserRecord };
  /**
   * For good. `erasureId` is there when the data of the user is erased too; `reassignTo` is the user who takes over
   * what the deleted one had to do, where somebody was named.
   */
  'user.deleted': { readonly userId: string; readonly erasureId?: string; readonly reassignTo?: string };
  /** The new hash stands in the credential table under this id and version. */
  'user.password_changed': {
    readonly userId: string;
    readonly credential: CredentialVersion;
    /** `changed` by somebody who knew the old one, `reset` with a one-time link. */
    readonly how: 'changed' | 'reset';
  };
  /** A one-time link was made; only a hash of what it holds is stored, in a table, under `resetId`. */
  'user.password_reset_requested': {
    readonly userId: string;
    readonly resetId: string;
    /** ISO instant. */
    readonly expiresAt: string;
  };
  /** The seed stands sealed in a table of identity under this id and version. */
  'user.second_factor_enabled': { readonly userId: string; readonly credential: CredentialVersion };
  'user.second_factor_disabled': { readonly userId: string };
  /** `remaining` codes are left. */
  'user.recovery_code_used': { readonly userId: string; readonly remaining: number };
}

interface UserRecord {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
}

interface CredentialVersion {
  readonly id: string;
  readonly version: number;
}

/**
 * `userRevision` is the revision of the user's stream that the change belongs to: an addition that is older than a
 * removal is ignored. Absent in events of before that was recorded.
 */
export interface AdministratorsEvents {
  'administrator.added': { readonly userId: string; readonly userRevision?: number };
  'administrator.removed': { readonly userId: string; readonly userRevision?: number };
}

/** Why a session was ended by something else than its user's sign-out. */
export const revocationReasons = [
  'requested',
  'administrator',
  'user_deleted',
  'password_changed',
  'password_reset',
] as const;
export type RevocationReason = (typeof revocationReasons)[number];

export interface SessionEvents {
  'user.login': { readonly sessionId: string; readonly userId: string; readonly expiresAt: string };
  /** A refresh token was exchanged; `generation` counts the tokens of this session. */
  'session.refreshed': { readonly sessionId: string; readonly userId: string; readonly generation: number };
  /** A refresh token was used a second time: the session ended. */
  'session.reuse_detected': { readonly sessionId: string; readonly userId: string; readonly generation: number };
  'user.logout': { readonly sessionId: string; readonly userId: string };
  /** The session ended before its time; its tokens are refused everywhere. */
  'session.revoked': { readonly sessionId: string; readonly userId: string; readonly reason: RevocationReason };
}

/**
 * Sign-ins with one mail address, whether it belongs to somebody or not: `signInId` is a keyed hash of the address,
 * and `userId` is null where nobody has it.
 */
export interface SignInEvents {
  'user.login_failed': {
    readonly signInId: string;
    readonly userId: string | null;
    readonly reason: 'wrong_credentials' | 'wrong_code';
    /** Counts the failures in a row. */
    readonly failures: number;
  };
  /** After too many failures in a row nobody can sign in with the address until then; an ISO instant. */
  'user.locked': { readonly signInId: string; readonly userId: string | null; readonly until: string };
  /** A sign-in succeeded, or an administrator lifted the lock: the count begins anew. */
  'user.unlocked': { readonly signInId: string; readonly userId: string | null };
}

export interface ApiKeyEvents {
  /** A hash of the secret stands in a table of identity under the same id. */
  'api_key.issued': {
    readonly apiKeyId: string;
    readonly name: string;
    readonly role: Role;
    /** Permissions of the role that the key is limited to; null for all of them. */
    readonly scopes: readonly string[] | null;
    /** ISO instant. */
    readonly expiresAt: string;
  };
  'api_key.revoked': { readonly apiKeyId: string };
}

/** What a machine client or the holder of a one-time link came with. */
export type AccessMeans = 'machine_client' | 'api_key' | 'password_link';

export interface RefusedAccessEvents {
  /** What somebody came with let nobody in. Of many in a row only some are recorded, one an hour in the end. */
  'access.refused': {
    readonly means: AccessMeans;
    /** Of the client or key; null where there is none of the id that was sent, and for links. */
    readonly clientId: string | null;
    /** Whose link it was; null where it was nobody's, and for clients. */
    readonly userId: string | null;
    readonly reason: 'unknown' | 'wrong_secret' | 'revoked' | 'expired' | 'used';
    /** Counts those that were recorded. */
    readonly refusals: number;
    /** No further one is recorded before this ISO instant. */
    readonly quietUntil: string;
  };
}

export type UserEvent = EventOf<UserEvents>;
export type AdministratorsEvent = EventOf<AdministratorsEvents>;
export type SessionEvent = EventOf<SessionEvents>;
export type SignInEvent = EventOf<SignInEvents>;
export type ApiKeyEvent = EventOf<ApiKeyEvents>;
export type RefusedAccessEvent = EventOf<RefusedAccessEvents>;

export const userEvents: EventTable<UserEvents> = {
  'user.created': {
    version: 1,
    description: 'Somebody may sign in.',
    personal: ['email', 'name'],
    subject: { kind: 'user', id: 'userId' },
  },
  'user.updated': {
    version: 1,
    description: "A user's mail address, name or role was changed.",
    personal: ['email', 'name', 'previous.email', 'previous.name'],
    subject: { kind: 'user', id: 'userId' },
  },
  'user.deleted': { version: 2, description: 'Somebody may not sign in any more.' },
  'user.password_changed': { version: 1, description: 'A user has a new password.' },
  'user.password_reset_requested': {
    version: 1,
    description: 'A one-time link to set a new password was made.',
  },
  'user.second_factor_enabled': { version: 1, description: 'A user signs in with a second factor from here on.' },
  'user.second_factor_disabled': { version: 1, description: 'A user signs in without a second factor again.' },
  'user.recovery_code_used': { version: 1, description: 'A recovery code stood in for the second factor.' },
};

export const administratorsEvents: EventTable<AdministratorsEvents> = {
  'administrator.added': { version: 2, description: 'A user became an administrator.' },
  'administrator.removed': { version: 2, description: 'A user is no administrator any more; another one stays.' },
};

export const sessionEvents: EventTable<SessionEvents> = {
  'user.login': { version: 1, description: 'A user signed in.' },
  'session.refreshed': { version: 1, description: 'A session was continued.' },
  'session.reuse_detected': { version: 1, description: 'A used refresh token came back; the session was ended.' },
  'user.logout': { version: 1, description: 'A user signed out.' },
  'session.revoked': { version: 1, description: 'A session was ended before its time.' },
};

export const signInEvents: EventTable<SignInEvents> = {
  'user.login_failed': { version: 1, description: 'A sign-in was refused.' },
  'user.locked': { version: 1, description: 'Nobody can sign in with a mail address for a time.' },
  'user.unlocked': { version: 1, description: 'The count of refused sign-ins with a mail address begins anew.' },
};

export const apiKeyEvents: EventTable<ApiKeyEvents> = {
  'api_key.issued': { version: 1, description: 'A machine client got a key to call the API with.' },
  'api_key.revoked': { version: 1, description: 'A key of a machine client is good for nothing any more.' },
};

export const refusedAccessEvents: EventTable<RefusedAccessEvents> = {
  'access.refused': {
    version: 1,
    description: 'A machine client, a key or a one-time link was refused; of many in a row some are recorded.',
  },
};
