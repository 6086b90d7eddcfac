import { it } from 'vitest';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { whenPolicy } from '#libs/testing/src/given-policy.js';
import { AnnounceEnvironmentPolicy } from './announce-environment.policy.js';

const company = { name: 'ABC Corporation', email: 'it@abc-corp.example', language: 'ja' } as const;
const terms = { plan: 'enterprise', region: 'ap-northeast-1', storageQuota: '1TB', userLimit: 100 };
const environment = {
  environmentId: 'environment-1',
  contractId: 'contract-1',
  externalId: 'CUST-2025-001',
  company,
  terms,
  slug: 'abc-corporation',
  url: 'https://abc-corporation.your-service.com',
  namespace: 'env-cust-2025-001-00f204fc',
  administrator: 'admin@abc-corporation.com',
};

it('asks for one completion mail to the company, with what the mail tells', () =>
  whenPolicy(
    'notification/announce-environment',
    (commands) => (event, context) => new AnnounceEnvironmentPolicy(commands).handle(event, context),
    { type: 'environment.ready', data: { ...environment, objectsApplied: 22 } },
  ).thenCommands({
    type: 'request_delivery',
    target: stableId('delivery', 'environment-1', 'environment_ready'),
    data: {
      contractId: 'contract-1',
      channel: 'mail',
      recipient: company,
      content: {
        template: 'environment_ready',
        environmentId: 'environment-1',
        url: environment.url,
        administrator: environment.administrator,
        storageQuota: '1TB',
        userLimit: 100,
        region: 'ap-northeast-1',
      },
    },
  }));
