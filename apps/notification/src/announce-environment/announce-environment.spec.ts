import type { CommandBus } from '@nestjs/cqrs';
import { it } from 'vitest';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { PolicyContext } from '#libs/event-sourcing/src/policy.js';
import type { Company } from '#libs/events/src/contract.js';
import { erased } from '#libs/events/src/erased.js';
import { whenPolicy } from '#libs/testing/src/given-policy.js';
import { AnnounceEnvironmentPolicy } from './announce-environment.policy.js';

const company: Company = { name: 'ABC Corporation', email: 'it@abc-corp.example', language: 'ja' };
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

const policy = 'notification/announce-environment';
const announce = (commands: CommandBus) => (event: Ready, context: PolicyContext) =>
  new AnnounceEnvironmentPolicy(commands).handle(event, context);
const ready = (about: typeof environment) =>
  ({ type: 'environment.ready', data: { ...about, objectsApplied: 22 } }) as const;
type Ready = RecordedEvent<ReturnType<typeof ready>>;

it('asks for one completion mail to the company, with what the mail tells', () =>
  whenPolicy(policy, announce, ready(environment)).thenCommands({
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

it('asks for none to somebody who was erased', () =>
  whenPolicy(
    policy,
    announce,
    ready({ ...environment, company: { ...company, name: erased, email: erased } }),
  ).thenCommands());
