import { expect, it } from 'vitest';
import type { WebhookEndpointEvent } from '#libs/events/src/notification.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { webhookEndpointListProjection } from './webhook-endpoint-list.projection.js';

const endpointId = 'e1';
const since = '2026-01-05T08:00:00.000Z';
const events: WebhookEndpointEvent[] = [
  {
    type: 'webhook_endpoint.registered',
    data: { endpointId, name: 'CRM', url: 'https://crm.example/', events: ['environment.ready'] },
  },
  { type: 'webhook_endpoint.secret_added', data: { endpointId, credentialId: 'c1', version: 1 } },
  { type: 'webhook_endpoint.secret_added', data: { endpointId, credentialId: 'c2', version: 2 } },
  { type: 'webhook_endpoint.secret_retired', data: { endpointId, credentialId: 'c1', version: 1 } },
  { type: 'webhook_endpoint.failing_began', data: { endpointId, since } },
];
const row = (...more: WebhookEndpointEvent[]) =>
  projected(webhookEndpointListProjection, recorded([...events, ...more]))[endpointId];

it('lists an endpoint with its secrets by version and since when it fails', () => {
  expect(row()).toEqual({
    id: endpointId,
    revision: 4,
    name: 'CRM',
    url: 'https://crm.example/',
    events: ['environment.ready'],
    status: 'enabled',
    disabledBecause: null,
    failingSince: new Date(since),
    secrets: [
      { version: 1, addedAt: '2026-01-05T09:01:00.000Z', retiredAt: '2026-01-05T09:03:00.000Z' },
      { version: 2, addedAt: '2026-01-05T09:02:00.000Z', retiredAt: null },
    ],
    registeredAt: new Date('2026-01-05T09:00:00.000Z'),
  });
});

it('says why an endpoint is disabled, until it is enabled', () => {
  const disabled: WebhookEndpointEvent = {
    type: 'webhook_endpoint.disabled',
    data: { endpointId, cause: 'failing', reason: 'It fails.' },
  };
  const enabled: WebhookEndpointEvent = { type: 'webhook_endpoint.enabled', data: { endpointId } };
  expect(row(disabled)).toMatchObject({ status: 'disabled', disabledBecause: 'It fails.' });
  expect(row(disabled, enabled)).toMatchObject({ status: 'enabled', disabledBecause: null, failingSince: null });
  expect(row({ type: 'webhook_endpoint.recovered', data: { endpointId } })?.failingSince).toBeNull();
});
