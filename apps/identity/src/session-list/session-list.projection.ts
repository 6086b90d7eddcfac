import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import type { SessionEvent, SessionEvents } from '#libs/events/src/identity.js';
import { type EndReason, SessionRow } from './session-list.entity.js';

const keys = ({ data }: RecordedEvent<SessionEvent>): string[] => [data.sessionId];

export const sessionListProjection = projection<SessionRow, SessionEvents>({
  name: 'session_list',
  version: 2,
  entity: SessionRow,
  on: {
    'user.login': {
      keys,
      evolve: (_row, { data: { sessionId: id, userId, expiresAt }, metadata, position }) => {
        const startedAt = new Date(metadata.occurredAt);
        const open = { endedAt: null, endReason: null };
        const startedPosition = position.toString();
        const times = { startedAt, startedPosition, lastUsedAt: startedAt, expiresAt: new Date(expiresAt) };
        return { id, userId, ...times, ...open };
      },
    },
    'session.refreshed': {
      keys,
      evolve: (row, { metadata }) => row && { ...row, lastUsedAt: new Date(metadata.occurredAt) },
    },
    'user.logout': { keys, evolve: (row, event) => row && ended(row, event, 'signed_out') },
    'session.reuse_detected': { keys, evolve: (row, event) => row && ended(row, event, 'token_reused') },
    'session.revoked': { keys, evolve: (row, event) => row && ended(row, event, event.data.reason) },
  },
});

function ended(row: SessionRow, { metadata }: RecordedEvent, endReason: EndReason): SessionRow {
  return { ...row, endedAt: new Date(metadata.occurredAt), endReason };
}
