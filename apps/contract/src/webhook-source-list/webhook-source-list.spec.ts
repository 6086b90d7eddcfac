import { expect, it } from 'vitest';
import type { WebhookSourceEvent } from '#libs/events/src/contract.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { webhookSourceListProjection } from './webhook-source-list.projection.js';

const sourceId = 's1';
const events: WebhookSourceEvent[] = [
  { type: 'webhook_source.registered', data: { sourceId, name: 'Sales CRM' } },
  { type: 'webhook_source.secret_added', data: { sourceId, credentialId: 'c1', version: 1 } },
  { type: 'webhook_source.secret_added', data: { sourceId, credentialId: 'c2', version: 2 } },
  { type: 'webhook_source.secret_retired', data: { sourceId, credentialId: 'c1', version: 1 } },
];

it('lists a source with its secrets by version', () => {
  expect(projected(webhookSourceListProjection, recorded(events))).toEqual({
    s1: {
      id: 's1',
      revision: 3,
      name: 'Sales CRM',
      secrets: [
        { version: 1, addedAt: '2026-01-05T09:01:00.000Z', retiredAt: '2026-01-05T09:03:00.000Z' },
        { version: 2, addedAt: '2026-01-05T09:02:00.000Z', retiredAt: null },
      ],
      registeredAt: new Date('2026-01-05T09:00:00.000Z'),
    },
  });
});
