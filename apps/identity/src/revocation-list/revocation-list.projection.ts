import { revocationOf, type RevokingEvents } from '#libs/auth/src/revocation.js';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import { RevocationRow } from './revocation-list.entity.js';

const step = {
  keys: (event: RecordedEvent): string[] => {
    const revocation = revocationOf(event);
    return revocation ? [revocation.subject] : [];
  },
  evolve: (_row: RevocationRow | undefined, event: RecordedEvent, id: string): RevocationRow => ({
    id,
    beforeRevision: revocationOf(event)?.beforeRevision ?? null,
    revokedAt: new Date(event.metadata.occurredAt),
  }),
};

/** Rows that are older than a token lives are of no use; they stay because a read model is what the log says. */
export const revocationListProjection = projection<RevocationRow, RevokingEvents>({
  name: 'revocation_list',
  version: 1,
  entity: RevocationRow,
  on: {
    'user.logout': step,
    'session.revoked': step,
    'session.reuse_detected': step,
    'user.updated': step,
    'user.deleted': step,
    'api_key.revoked': step,
  },
});
