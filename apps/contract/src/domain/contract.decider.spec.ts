import { describe, it } from 'vitest';
import type { ContractEvent, RegisteredCustomer } from '#libs/events/src/contract.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { abcCustomer } from '../spec-customer.js';
import { contractDecider, DraftContract, RegisterContract, SignContract } from './contract.decider.js';

const contractId = 'c1';
const context = testContext();

const larger: RegisteredCustomer = { ...abcCustomer, terms: { ...abcCustomer.terms, userLimit: 200 } };
const largest: RegisteredCustomer = { ...abcCustomer, terms: { ...abcCustomer.terms, userLimit: 300 } };

const [early, first, later, latest] = [4, 5, 6, 7].map((hour) => `2025-05-29T0${hour}:00:00.000Z`) as [
  string,
  string,
  string,
  string,
];

function origin(webhookId: string) {
  return { channel: 'webhook', sourceId: 's1', webhookId } as const;
}

function register(customer: RegisteredCustomer, changedAt: string, webhookId = 'm2'): RegisterContract {
  return new RegisterContract(contractId, { ...customer, origin: origin(webhookId), changedAt }, context);
}

function recordedChange(customer: RegisteredCustomer, changedAt: string, webhookId = 'm2'): ContractEvent {
  const data = { contractId, ...customer, origin: origin(webhookId), changedAt };
  return { type: 'contract.change_recorded', data };
}

function superseded(changedAt: string): ContractEvent {
  const data = { contractId, origin: origin('m2'), changedAt, appliedChangedAt: first };
  return { type: 'contract.change_superseded', data };
}

const draftedByHand: ContractEvent = {
  type: 'contract.drafted',
  data: { contractId, ...abcCustomer, origin: { channel: 'api' }, changedAt: context.occurredAt },
};
const drafted: ContractEvent = {
  type: 'contract.drafted',
  data: { contractId, ...abcCustomer, origin: origin('m1'), changedAt: first },
};
const signed: ContractEvent = { type: 'contract.signed', data: { contractId, ...abcCustomer } };

describe('drafting', () => {
  it('writes the contract down, with the clock of the command', () => {
    given(contractDecider)
      .when(new DraftContract(contractId, abcCustomer, context))
      .then(draftedByHand);
  });

  it.each([[[draftedByHand]], [[draftedByHand, signed]]])('is refused when the contract exists', (events) => {
    given(contractDecider, ...events)
      .when(new DraftContract(contractId, abcCustomer, context))
      .thenRefused('contract_exists');
  });
});

describe('signing', () => {
  const sign = new SignContract(contractId, {}, context);

  it('signs what was drafted', () => {
    given(contractDecider, draftedByHand).when(sign).then(signed);
  });

  it('is refused without a contract', () => {
    given(contractDecider).when(sign).thenRefused('contract_not_found');
  });

  it('is refused the second time', () => {
    given(contractDecider, draftedByHand, signed).when(sign).thenRefused('contract_already_signed');
  });
});

describe('a registration from another system', () => {
  it('drafts and signs at once', () => {
    given(contractDecider)
      .when(register(abcCustomer, first, 'm1'))
      .then(drafted, signed);
  });

  it.each([
    ['again', first],
    ['later', later],
    ['with an older timestamp', early],
  ])('that says the same %s changes nothing', (_when, changedAt) => {
    given(contractDecider, drafted, signed).when(register(abcCustomer, changedAt)).thenNothing();
  });

  it('that is newer and says something else is recorded, not applied', () => {
    given(contractDecider, drafted, signed).when(register(larger, later)).then(recordedChange(larger, later));
  });

  it('of the same instant that says something else is recorded', () => {
    given(contractDecider, drafted, signed).when(register(larger, first)).then(recordedChange(larger, first));
  });

  it('that is older than what is applied is superseded', () => {
    given(contractDecider, drafted, signed).when(register(larger, early)).then(superseded(early));
  });

  it('that repeats the change on record changes nothing', () => {
    given(contractDecider, drafted, signed, recordedChange(larger, later)).when(register(larger, latest)).thenNothing();
  });

  it('that takes the change on record back is a change', () => {
    given(contractDecider, drafted, signed, recordedChange(larger, later))
      .when(register(abcCustomer, latest))
      .then(recordedChange(abcCustomer, latest));
  });

  it('that is newer than the applied one and older than the recorded one is recorded, and does not become the newest', () => {
    const history = [drafted, signed, recordedChange(largest, latest)];
    given(contractDecider, ...history)
      .when(register(larger, later))
      .then(recordedChange(larger, later));
    given(contractDecider, ...history, recordedChange(larger, later))
      .when(register(largest, latest))
      .thenNothing();
  });

  it('that was superseded does not count as known', () => {
    given(contractDecider, drafted, signed, superseded(early)).when(register(larger, early)).then(superseded(early));
  });

  it.each<[string, Partial<RegisteredCustomer>]>([
    ['name', { company: { ...abcCustomer.company, name: 'ABC Inc.' } }],
    ['mail address', { company: { ...abcCustomer.company, email: 'new@abc-corp.example' } }],
    ['language', { company: { ...abcCustomer.company, language: 'en' } }],
    ['plan', { terms: { ...abcCustomer.terms, plan: 'business' } }],
    ['region', { terms: { ...abcCustomer.terms, region: 'us-east-1' } }],
    ['storage', { terms: { ...abcCustomer.terms, storageQuota: '2TB' } }],
    ['date', { contractDate: '2025-05-30' }],
  ])('with another %s says something else', (_field, change) => {
    const customer = { ...abcCustomer, ...change };
    given(contractDecider, drafted, signed).when(register(customer, later)).then(recordedChange(customer, later));
  });
});
