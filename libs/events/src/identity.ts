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
  /** For good. `erasureId` is there when the data of the user is erased too. */
  'user.deleted': { readonly userId: string; readonly erasureId?: string };
}

export interface AdministratorsEvents {
  'administrator.added': { readonly userId: string };
  'administrator.removed': { readonly userId: string };
}

export interface SessionEvents {
  'user.login': { readonly sessionId: string; readonly userId: string; readonly expiresAt: string };
  /** A refresh token was exchanged; `generation` counts the tokens of this session. */
  'session.refreshed': { readonly sessionId: string; readonly userId: string; readonly generation: number };
  /** A refresh token was used a second time: the session ended. */
  'session.reuse_detected': { readonly sessionId: string; readonly userId: string; readonly generation: number };
  'user.logout': { readonly sessionId: string; readonly userId: string };
}

export type UserEvent = EventOf<UserEvents>;
export type AdministratorsEvent = EventOf<AdministratorsEvents>;
export type SessionEvent = EventOf<SessionEvents>;

export const userEvents: EventTable<UserEvents> = {
  'user.created': {
    version: 1,
    description: 'Somebody may sign in.',
    personal: ['email', 'name'],
    subject: { kind: 'user', id: 'userId' },
  },
  'user.deleted': { version: 1, description: 'Somebody may not sign in any more.' },
};

export const administratorsEvents: EventTable<AdministratorsEvents> = {
  'administrator.added': { version: 1, description: 'A user became an administrator.' },
  'administrator.removed': { version: 1, description: 'A user is no administrator any more; another one stays.' },
};

export const sessionEvents: EventTable<SessionEvents> = {
  'user.login': { version: 1, description: 'A user signed in.' },
  'session.refreshed': { version: 1, description: 'A session was continued.' },
  'session.reuse_detected': { version: 1, description: 'A used refresh token came back; the session was ended.' },
  'user.logout': { version: 1, description: 'A user signed out.' },
};
