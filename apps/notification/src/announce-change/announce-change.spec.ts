import type { CommandBus } from '@nestjs/cqrs';
import { describe, it } from 'vitest';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { PolicyContext } from '#libs/event-sourcing/src/policy.js';
import type { ContractTerms } from '#libs/events/src/contract.js';
import { erased } from '#libs/events/src/erased.js';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { recorded } from '#libs/testing/src/given.js';
import { whenPolicy } from '#libs/testing/src/given-policy.js';
import { abcEnvironment } from '../spec-environment.js';
import { AnnounceChangePolicy } from './announce-change.policy.js';

const about = abcEnvironment('00f204fc-04ad-5b2d-8b1f-7f99fb9c4e5e');
const { environmentId, url, terms } = about;
const applied = { ...about, objectsApplied: 22 };
const deleteAt = '2026-04-05T09:00:00.000Z';
const deleted = { ...about, attempt: 'a', why: 'terminated', objects: [] } as const;

const amendedFrom = (previous: ContractTerms): EnvironmentEvent => {
  return { type: 'environment.amended', data: { ...applied, previous, mode: 'running' } };
};

type Handled = Parameters<AnnounceChangePolicy['handle']>[0];

const policy = 'notification/announce-change';
const announce = (commands: CommandBus) => (stored: object, context: PolicyContext) =>
  new AnnounceChangePolicy(commands).handle(stored as Handled, context);

describe('a customer is written to', () => {
  it.each<[EnvironmentEvent, object]>([
    [amendedFrom({ ...terms, userLimit: 50 }), { template: 'environment_amended', ...terms }],
    [{ type: 'environment.suspended', data: applied }, { template: 'environment_suspended' }],
    [{ type: 'environment.restored', data: applied }, { template: 'environment_restored' }],
    [
      { type: 'environment.retained', data: { ...about, deleteAt } },
      { template: 'environment_retained', deleteAt },
    ],
    [
      { type: 'environment.deleted', data: deleted },
      { template: 'environment_deleted', why: 'terminated', deletedAt: '2026-01-05T09:00:00.000Z' },
    ],
  ])('once after $type', (event, content) =>
    whenPolicy(policy, announce, event).thenCommands({
      type: 'request_delivery',
      target: stableId('delivery', recorded([event])[0]!.id),
      data: {
        contractId: about.contractId,
        channel: 'mail',
        recipient: about.company,
        content: { environmentId, url, ...content },
      },
    }),
  );
});

describe('nobody is written to', () => {
  it('when only the contact is another one', () => whenPolicy(policy, announce, amendedFrom(terms)).thenCommands());

  it('who was erased', () => {
    const company = { ...about.company, name: erased, email: erased };
    const event = { type: 'environment.deleted', data: { ...deleted, company } } as const;
    return whenPolicy(policy, announce, event).thenCommands();
  });
});
