/** What ends access tokens before they expire: which events do, and for whom. */
import { createHash } from 'node:crypto';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import type { ApiKeyEvents, SessionEvents, UserEvents } from '#libs/events/src/identity.js';
import type { Caller } from '#libs/http/src/request.js';

export type RevokedSubject = `${'session' | 'user' | 'api-key'}:${string}`;

export interface Revocation {
  readonly subject: RevokedSubject;
  /** Only tokens that were made from an older revision of the user are revoked; absent: all of them are. */
  readonly beforeRevision?: number;
}

/** What identity publishes for processes that start: what was revoked lately, and from where on they follow the log. */
export interface PublishedRevocations {
  /** Position of the log up to which these are all; -1 for its beginning. */
  readonly position: string;
  readonly revoked: readonly { readonly subject: string; readonly beforeRevision?: number }[];
}

type Revoking = SessionEvents & UserEvents & ApiKeyEvents;

export const revokingTypes = [
  'user.logout',
  'session.revoked',
  'session.reuse_detected',
  'user.updated',
  'user.deleted',
  'api_key.revoked',
] as const satisfies readonly (keyof Revoking)[];

export type RevokingEvents = Pick<Revoking, (typeof revokingTypes)[number]>;

/** Undefined where the event leaves all tokens as good as they were. */
export function revocationOf({ type, data, revision }: RecordedEvent): Revocation | undefined {
  switch (type as keyof RevokingEvents) {
    case 'user.logout':
    case 'session.revoked':
    case 'session.reuse_detected':
      return { subject: `session:${(data as RevokingEvents['session.revoked']).sessionId}` };
    case 'api_key.revoked':
      return { subject: `api-key:${(data as RevokingEvents['api_key.revoked']).apiKeyId}` };
    case 'user.deleted':
      return { subject: `user:${(data as RevokingEvents['user.deleted']).userId}` };
    case 'user.updated': {
      const { userId, role, previous } = data as RevokingEvents['user.updated'];
      // Tokens say the role.
      return role === previous.role ? undefined : { subject: `user:${userId}`, beforeRevision: revision };
    }
    default:
      return undefined;
  }
}

/** What of a caller can be revoked. */
export function subjectsOf({ id, sessionId, apiKeyId }: Caller): readonly RevokedSubject[] {
  const subjects: RevokedSubject[] = [`user:${id}`];
  if (sessionId !== undefined) subjects.push(`session:${sessionId}`);
  if (apiKeyId !== undefined) subjects.push(`api-key:${apiKeyId}`);
  return subjects;
}

export function concerns({ subject, beforeRevision = Infinity }: Revocation, caller: Caller): boolean {
  return subjectsOf(caller).includes(subject) && (caller.userRevision ?? -1) < beforeRevision;
}

/** Anybody may read what identity publishes, so it names nobody. base64url. */
export function hashOfSubject(subject: RevokedSubject): string {
  return createHash('sha256').update(subject).digest('base64url');
}
