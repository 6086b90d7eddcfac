import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import type { WebhookEndpointEvents } from '#libs/events/src/notification.js';
import { WebhookEndpointRow } from './webhook-endpoint-list.entity.js';

/** Adds what an event says to the row that stands. */
function step<Type extends keyof WebhookEndpointEvents>(
  change: (row: WebhookEndpointRow, data: WebhookEndpointEvents[Type], at: string) => Partial<WebhookEndpointRow>,
) {
  type Event = RecordedEvent<{ readonly type: Type; readonly data: WebhookEndpointEvents[Type] }>;
  return {
    keys: ({ data }: Event) => [data.endpointId],
    evolve: (row: WebhookEndpointRow | undefined, { data, revision, metadata }: Event) =>
      row && { ...row, ...change(row, data, metadata.occurredAt), revision },
  };
}

export const webhookEndpointListProjection = projection<WebhookEndpointRow, WebhookEndpointEvents>({
  name: 'webhook_endpoint_list',
  version: 1,
  entity: WebhookEndpointRow,
  on: {
    'webhook_endpoint.registered': {
      keys: ({ data }) => [data.endpointId],
      evolve: (_row, { data: { endpointId, name, url, events }, revision, metadata }) => ({
        id: endpointId,
        revision,
        name,
        url,
        events: events ?? null,
        status: 'enabled',
        disabledBecause: null,
        failingSince: null,
        secrets: [],
        registeredAt: new Date(metadata.occurredAt),
      }),
    },
    'webhook_endpoint.secret_added': step<'webhook_endpoint.secret_added'>(({ secrets }, { version }, addedAt) => ({
      secrets: [...secrets, { version, addedAt, retiredAt: null }],
    })),
    'webhook_endpoint.secret_retired': step<'webhook_endpoint.secret_retired'>(
      ({ secrets }, { version }, retiredAt) => ({
        secrets: secrets.map((secret) => (secret.version === version ? { ...secret, retiredAt } : secret)),
      }),
    ),
    'webhook_endpoint.failing_began': step<'webhook_endpoint.failing_began'>((_row, { since }) => ({
      failingSince: new Date(since),
    })),
    'webhook_endpoint.recovered': step<'webhook_endpoint.recovered'>(() => ({ failingSince: null })),
    'webhook_endpoint.disabled': step<'webhook_endpoint.disabled'>((_row, { reason }) => ({
      status: 'disabled',
      disabledBecause: reason,
    })),
    'webhook_endpoint.enabled': step<'webhook_endpoint.enabled'>(() => ({
      status: 'enabled',
      disabledBecause: null,
      failingSince: null,
    })),
    'webhook_endpoint.replay_requested': step<'webhook_endpoint.replay_requested'>(() => ({})),
  },
});
