import type { RegisteredCustomer } from '#libs/events/src/contract.js';

/** The customer of seed 000, in our words. */
export const abcCustomer: RegisteredCustomer = {
  externalId: 'CUST-2025-001',
  company: { name: 'ABC Corporation', email: 'it@abc-corp.example', language: 'ja' },
  terms: { plan: 'enterprise', region: 'ap-northeast-1', storageQuota: '1TB', userLimit: 100 },
  contractDate: '2025-05-29',
};
