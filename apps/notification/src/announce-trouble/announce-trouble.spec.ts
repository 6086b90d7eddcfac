import type { CommandBus } from '@nestjs/cqrs';
import { it } from 'vitest';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { PolicyContext } from '#libs/event-sourcing/src/policy.js';
import type { Company } from '#libs/events/src/contract.js';
import { erased } from '#libs/events/src/erased.js';
import { recorded } from '#libs/testing/src/given.js';
import { whenPolicy } from '#libs/testing/src/given-policy.js';
import { AnnounceTroublePolicy } from './announce-trouble.policy.js';

const company: Company = { name: 'ABC Corporation', email: 'it@abc-corp.example', language: 'ja' };
const environment = {
  environmentId: 'environment-1',
  contractId: 'contract-1',
  externalId: 'CUST-2025-001',
  company,
  terms: { plan: 'enterprise', region: 'ap-northeast-1', storageQuota: '1TB', userLimit: 100 },
  slug: 'abc-corporation',
  url: 'https://abc-corporation.your-service.com',
  namespace: 'env-cust-2025-001-00f204fc',
  administrator: 'admin@abc-corporation.com',
};
const trouble = (type: 'environment.delayed' | 'environment.failed', about = environment) =>
  ({ type, data: { ...about, cause: 'resource_shortage' } }) as const;
type Trouble = RecordedEvent<ReturnType<typeof trouble>>;

const policy = 'notification/announce-trouble';
const announce = (commands: CommandBus) => (event: Trouble, context: PolicyContext) =>
  new AnnounceTroublePolicy(commands).handle(event, context);

it.each([
  ['environment.delayed', 'environment_delayed'],
  ['environment.failed', 'environment_failed'],
] as const)('%s asks for one mail to the company', (type, template) =>
  whenPolicy(policy, announce, trouble(type)).thenCommands({
    type: 'request_delivery',
    target: stableId('delivery', recorded([trouble(type)])[0]!.id),
    data: {
      contractId: 'contract-1',
      channel: 'mail',
      recipient: company,
      content: { template, environmentId: 'environment-1', url: environment.url, cause: 'resource_shortage' },
    },
  }),
);

it('asks for none to somebody who was erased', () => {
  const gone = { ...environment, company: { ...company, name: erased, email: erased } };
  return whenPolicy(policy, announce, trouble('environment.failed', gone)).thenCommands();
});
