import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import type { WebhookSourceEvent, WebhookSourceEvents } from '#libs/events/src/contract.js';
import { WebhookSourceRow } from './webhook-source-list.entity.js';

export const webhookSourceListProjection = projection<WebhookSourceRow, WebhookSourceEvents>({
  name: 'webhook_source_list',
  version: 1,
  entity: WebhookSourceRow,
  on: {
    'webhook_source.registered': {
      keys: sourceId,
      evolve: (_row, { data, revision, metadata }) => ({
        id: data.sourceId,
        revision,
        name: data.name,
        secrets: [],
        registeredAt: new Date(metadata.occurredAt),
      }),
    },
    'webhook_source.secret_added': {
      keys: sourceId,
      evolve: (row, { data: { version }, revision, metadata: { occurredAt } }) =>
        row && { ...row, revision, secrets: [...row.secrets, { version, addedAt: occurredAt, retiredAt: null }] },
    },
    'webhook_source.secret_retired': {
      keys: sourceId,
      evolve: (row, { data: { version }, revision, metadata: { occurredAt } }) =>
        row && {
          ...row,
          revision,
          secrets: row.secrets.map((secret) =>
            secret.version === version ? { ...secret, retiredAt: occurredAt } : secret,
          ),
        },
    },
  },
});

function sourceId(event: RecordedEvent<WebhookSourceEvent>): string[] {
  return [event.data.sourceId];
}
