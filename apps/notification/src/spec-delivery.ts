import type { MailRequest } from './domain/delivery.js';

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
