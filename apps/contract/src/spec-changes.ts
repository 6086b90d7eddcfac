/** What specs of a contract's decider tell of: one contract, and reports of it by webhook. */
import type { ContractEvent, RegisteredCustomer } from '#libs/events/src/contract.js';
import { testContext } from '#libs/testing/src/given.js';
import { abcCustomer } from './spec-customer.js';

export const contractId = 'c1';
export const context = testContext();

export const larger: RegisteredCustomer = { ...abcCustomer, terms: { ...abcCustomer.terms, userLimit: 200 } };
export const largest: RegisteredCustomer = { ...abcCustomer, terms: { ...abcCustomer.terms, userLimit: 300 } };
export const smaller: RegisteredCustomer = { ...abcCustomer, terms: { ...abcCustomer.terms, storageQuota: '500GB' } };
export const moved: RegisteredCustomer = { ...abcCustomer, terms: { ...abcCustomer.terms, region: 'us-east-1' } };

export const [early, first, later, latest] = [4, 5, 6, 7].map((hour) => `2025-05-29T0${hour}:00:00.000Z`) as [
  string,
  string,
  string,
  string,
];

export function origin(webhookId: string) {
  return { channel: 'webhook', sourceId: 's1', webhookId } as const;
}

export const draftedByHand: ContractEvent = {
  type: 'contract.drafted',
  data: { contractId, ...abcCustomer, origin: { channel: 'api' }, changedAt: context.occurredAt },
};
export const drafted: ContractEvent = {
  type: 'contract.drafted',
  data: { contractId, ...abcCustomer, origin: origin('m1'), changedAt: first },
};
export const signed: ContractEvent = { type: 'contract.signed', data: { contractId, ...abcCustomer } };

/** As reported by the webhook `m2`. */
export function amended(
  customer: RegisteredCustomer,
  changedAt: string,
  { terms: previous }: RegisteredCustomer = abcCustomer,
): ContractEvent {
  return { type: 'contract.amended', data: { contractId, ...customer, origin: origin('m2'), changedAt, previous } };
}

export function superseded(changedAt: string, appliedChangedAt = first): ContractEvent {
  return {
    type: 'contract.change_superseded',
    data: { contractId, origin: origin('m2'), changedAt, appliedChangedAt },
  };
}
