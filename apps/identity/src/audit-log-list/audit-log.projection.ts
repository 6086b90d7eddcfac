import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { type Projection, projection } from '#libs/event-sourcing/src/projection.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import {
  type AdministratorsEvents,
  type ApiKeyEvents,
  type RefusedAccessEvents,
  type SessionEvents,
  type SignInEvents,
  type UserEvents,
} from '#libs/events/src/identity.js';
import { AuditLogRow } from './audit-log.entity.js';

type AuditedEvents = UserEvents &
  AdministratorsEvents &
  Omit<SessionEvents, 'session.refreshed'> &
  SignInEvents &
  ApiKeyEvents &
  RefusedAccessEvents &
  Pick<ErasureEvents, 'erasure.requested' | 'erasure.completed'>;

/** Every event about who may enter and who did. That a session goes on is no news. */
export const auditedTypes = [
  'user.created',
  'user.updated',
  'user.deleted',
  'user.password_changed',
  'user.password_reset_requested',
  'user.second_factor_enabled',
  'user.second_factor_disabled',
  'user.recovery_code_used',
  'administrator.added',
  'administrator.removed',
  'user.login',
  'user.logout',
  'session.revoked',
  'session.reuse_detected',
  'user.login_failed',
  'user.locked',
  'user.unlocked',
  'api_key.issued',
  'api_key.revoked',
  'access.refused',
  'erasure.requested',
  'erasure.completed',
] as const satisfies readonly (keyof AuditedEvents)[];

const failures: ReadonlySet<string> = new Set([
  'user.login_failed',
  'user.locked',
  'session.reuse_detected',
  'access.refused',
]);

const step = {
  keys: ({ id }: RecordedEvent): string[] => [id],
  evolve: (_row: AuditLogRow | undefined, event: RecordedEvent): AuditLogRow => {
    const { id, type, metadata, stream, revision } = event;
    const { userId } = event.data as { readonly userId?: string | null };
    return {
      id,
      type,
      at: new Date(metadata.occurredAt),
      actorId: metadata.actor.id,
      actorRole: metadata.actor.role,
      userId: userId ?? null,
      failure: failures.has(type),
      details: detailsOf(event),
      stream,
      revision,
      correlationId: metadata.correlationId,
    };
  },
};

export const auditLogProjection: Projection<AuditLogRow> = projection<AuditLogRow, AuditedEvents>({
  name: 'audit_log',
  version: 2,
  entity: AuditLogRow,
  on: Object.fromEntries(auditedTypes.map((type) => [type, step])),
});

/** Of a change it says which fields, and both roles; names and mail addresses stand in the log alone. */
function detailsOf({ type, data }: RecordedEvent): object {
  if (type === 'user.created') {
    const { role } = data as UserEvents['user.created'];
    return { role };
  }
  if (type === 'user.updated') {
    const { previous, ...now } = data as UserEvents['user.updated'];
    const changed = (['email', 'name', 'role'] as const).filter((field) => now[field] !== previous[field]);
    return { changed, role: now.role, previousRole: previous.role };
  }
  const { userId: _userId, ...rest } = data as { readonly userId?: unknown };
  return rest;
}
