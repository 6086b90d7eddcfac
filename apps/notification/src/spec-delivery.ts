import type { AlertRequest, MailRequest, WebhookRequest } from './domain/delivery.js';

/** The completion mail to the customer of seed 000. */
export const abcDelivery: MailRequest = {
  deliveryId: '5e0d7c1c-7b0e-5a52-9d4d-d3f9f4a0f001',
  contractId: '7c2a7c1c-7b0e-5a52-9d4d-d3f9f4a0f003',
  channel: 'mail',
  recipient: { name: 'ABC Corporation', email: 'admin@abc-corp.example', language: 'ja' },
  content: {
    template: 'environment_ready',
    environmentId: '3a1f7c1c-7b0e-5a52-9d4d-d3f9f4a0f002',
    url: 'https://abc-corporation.your-service.com',
    administrator: 'admin@abc-corporation.com',
    storageQuota: '1TB',
    userLimit: 100,
    region: 'ap-northeast-1',
  },
};

/** What a CRM is told when an environment is ready. */
export const abcWebhook: WebhookRequest = {
  deliveryId: '6f1d7c1c-7b0e-5a52-9d4d-d3f9f4a0f004',
  channel: 'webhook',
  endpointId: '019a9f3d-0000-7000-8000-000000000001',
  content: {
    eventId: '5c2e7c1c-7b0e-5a52-9d4d-d3f9f4a0f0a1',
    eventType: 'environment.ready',
    timestamp: '2026-01-05T09:00:00.000Z',
    data: {
      environmentId: '3a1f7c1c-7b0e-5a52-9d4d-d3f9f4a0f002',
      contractId: '7c2a7c1c-7b0e-5a52-9d4d-d3f9f4a0f003',
      externalId: 'CUST-2025-001',
      status: 'ready',
      url: 'https://abc-corporation.your-service.com',
      specification: { plan: 'enterprise', region: 'ap-northeast-1', storageQuota: '1TB', userLimit: 100 },
      sequence: 12,
    },
  },
};

/** What operators are told in Slack when that environment needs attention. */
export const abcAlert: AlertRequest = {
  deliveryId: '7a1e7c1c-7b0e-5a52-9d4d-d3f9f4a0f005',
  channel: 'slack',
  content: {
    cause: 'needs_attention',
    title: 'The environment of CUST-2025-001 needs attention',
    environment: {
      environmentId: '3a1f7c1c-7b0e-5a52-9d4d-d3f9f4a0f002',
      externalId: 'CUST-2025-001',
      plan: 'enterprise',
      region: 'ap-northeast-1',
    },
    step: 'wait',
    object: 'Deployment web in env-cust-2025-001-1f2e3d4c',
    reason: 'The image does not exist',
    whatToDo: 'Push the image, then retry.',
    happenedAt: '2026-01-05T09:00:00.000Z',
  },
};
