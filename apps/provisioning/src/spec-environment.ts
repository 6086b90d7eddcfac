import type { EnvironmentIdentity } from './domain/environment.js';

/** The environment of the customer of seed 000. */
export const abcEnvironment: EnvironmentIdentity = {
  environmentId: '1f2e3d4c-0000-5000-8000-000000000000',
  contractId: '2f2e3d4c-0000-5000-8000-000000000000',
  externalId: 'CUST-2025-001',
  company: { name: 'ABC Corporation', email: 'it@abc-corp.example', language: 'ja' },
  terms: { plan: 'enterprise', region: 'ap-northeast-1', storageQuota: '1TB', userLimit: 100 },
  slug: 'abc-corporation',
  url: 'https://abc-corporation.your-service.com',
  namespace: 'env-cust-2025-001-1f2e3d4c',
  administrator: 'admin@abc-corporation.com',
};
