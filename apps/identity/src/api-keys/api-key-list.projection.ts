import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import type { ApiKeyEvent, ApiKeyEvents } from '#libs/events/src/identity.js';
import { ApiKeyRow } from './api-key-list.entity.js';

const keys = ({ data }: RecordedEvent<ApiKeyEvent>): string[] => [data.apiKeyId];

export const apiKeyListProjection = projection<ApiKeyRow, ApiKeyEvents>({
  name: 'api_key_list',
  version: 1,
  entity: ApiKeyRow,
  on: {
    'api_key.issued': {
      keys,
      evolve: (_row, { data: { apiKeyId: id, name, role, scopes, expiresAt }, revision, metadata }) => {
        const issued = { issuedAt: new Date(metadata.occurredAt), issuedBy: metadata.actor.id };
        return { id, revision, name, role, scopes, ...issued, expiresAt: new Date(expiresAt), revokedAt: null };
      },
    },
    'api_key.revoked': {
      keys,
      evolve: (row, { revision, metadata }) => row && { ...row, revision, revokedAt: new Date(metadata.occurredAt) },
    },
  },
});
