import { describe, expect, it } from 'vitest';
import { Refusal } from '#libs/event-sourcing/src/decider.js';
import { type ContractEvent, type LifeCycleChange, lifeCycleChanges } from '#libs/events/src/contract.js';
import { given } from '#libs/testing/src/given.js';
import { abcCustomer } from '../spec-customer.js';
import { AmendContract, ChangeStanding, DraftContract, SignContract } from './contract-commands.js';
import type { ContractChanges, ContractRefusal } from './contract.js';
import { contractDecider } from './contract.decider.js';
import { context, contractId, draftedByHand, larger, signed } from '../spec-changes.js';

const byHand = { origin: { channel: 'api' }, changedAt: context.occurredAt } as const;
const reason = 'Invoice 4711 is unpaid.';

function change(to: LifeCycleChange): ContractEvent {
  return { type: `contract.${to}`, data: { contractId, reason, ...byHand } };
}

const histories: Readonly<Record<string, readonly ContractEvent[]>> = {
  nothing: [],
  draft: [draftedByHand],
  signed: [draftedByHand, signed],
  suspended: [draftedByHand, signed, change('suspended')],
  resumed: [draftedByHand, signed, change('suspended'), change('resumed')],
  terminated: [draftedByHand, signed, change('terminated')],
  cancelled: [draftedByHand, signed, change('cancelled')],
};

function history(status: string): readonly ContractEvent[] {
  return histories[status]!;
}

describe('drafting', () => {
  it('writes the contract down, with the clock of the command', () => {
    given(contractDecider)
      .when(new DraftContract(contractId, abcCustomer, context))
      .then(draftedByHand);
  });

  it.each(Object.keys(histories).slice(1))('is refused when the contract exists, %s', (status) => {
    given(contractDecider, ...history(status))
      .when(new DraftContract(contractId, abcCustomer, context))
      .thenRefused('contract_exists');
  });
});

describe('signing', () => {
  const sign = new SignContract(contractId, {}, context);

  it('signs what was drafted', () => {
    given(contractDecider, ...history('draft'))
      .when(sign)
      .then(signed);
  });

  it('signs what the draft was amended to', () => {
    const data = { contractId, ...larger, ...byHand, previous: abcCustomer.terms };
    given(contractDecider, draftedByHand, { type: 'contract.amended', data })
      .when(sign)
      .then({ type: 'contract.signed', data: { contractId, ...larger } });
  });

  it.each<[string, ContractRefusal]>([
    ['nothing', 'contract_not_found'],
    ['signed', 'contract_already_signed'],
    ['suspended', 'contract_already_signed'],
    ['terminated', 'contract_ended'],
    ['cancelled', 'contract_ended'],
  ])('of %s is refused', (status, code) => {
    given(contractDecider, ...history(status))
      .when(sign)
      .thenRefused(code);
  });
});

describe('amending', () => {
  const amend = (changes: ContractChanges, checkedOn = abcCustomer.terms) =>
    new AmendContract(contractId, { changes, checkedOn }, context);
  const more = { terms: { userLimit: 200 } };
  const { terms: previous } = abcCustomer;

  it.each(['draft', 'signed', 'suspended', 'resumed'])('of one that is %s changes what is named', (status) => {
    given(contractDecider, ...history(status))
      .when(amend(more))
      .then({ type: 'contract.amended', data: { contractId, ...larger, ...byHand, previous } });
  });

  it('changes plan, storage, company and language as well', () => {
    const terms = { ...previous, plan: 'business', storageQuota: '2TB' };
    const company = { ...abcCustomer.company, name: 'ABC Inc.', language: 'en' } as const;
    given(contractDecider, ...history('signed'))
      .when(amend({ terms: { plan: 'business', storageQuota: '2TB' }, company: { name: 'ABC Inc.', language: 'en' } }))
      .then({
        type: 'contract.amended',
        data: { contractId, ...abcCustomer, terms, company, ...byHand, previous },
      });
  });

  it('to what it says already changes nothing', () => {
    given(contractDecider, ...history('signed'))
      .when(amend({ terms: { userLimit: 100 } }))
      .thenNothing();
  });

  it('of a draft may do what an environment that stands forbids', () => {
    const terms = { ...previous, region: 'us-east-1', storageQuota: '10GB' };
    given(contractDecider, ...history('draft'))
      .when(amend({ terms }))
      .then({ type: 'contract.amended', data: { contractId, ...abcCustomer, terms, ...byHand, previous } });
  });

  it.each<[string, ContractChanges, ContractRefusal]>([
    ['nothing', more, 'contract_not_found'],
    ['terminated', more, 'contract_ended'],
    ['cancelled', more, 'contract_ended'],
    ['signed', { terms: { storageQuota: '999GB' } }, 'storage_cannot_shrink'],
    ['suspended', { terms: { storageQuota: '999GB' } }, 'storage_cannot_shrink'],
    ['signed', { terms: { region: 'us-east-1' } }, 'region_cannot_move'],
  ])('of %s to %j is refused', (status, changes, code) => {
    given(contractDecider, ...history(status))
      .when(amend(changes))
      .thenRefused(code);
  });

  it('is refused when it was checked against terms that hold no more', () => {
    given(contractDecider, ...history('signed'))
      .when(amend(more, larger.terms))
      .thenRefused('contract_changed_meanwhile');
  });
});

describe('suspending, resuming, terminating and cancelling', () => {
  type Answer = ContractRefusal | 'done';
  const [unsigned, idle, twice, ended] = [
    'contract_not_signed',
    'contract_not_suspended',
    'contract_already_suspended',
    'contract_ended',
  ] as const;

  it.each<[string, ...Answer[]]>([
    // from          suspend  resume     terminate  cancel
    ['nothing', ...lifeCycleChanges.map(() => 'contract_not_found' as const)],
    ['draft', unsigned, unsigned, unsigned, 'done'],
    ['signed', 'done', idle, 'done', 'done'],
    ['suspended', twice, 'done', 'done', 'done'],
    ['resumed', 'done', idle, 'done', 'done'],
    ['terminated', ended, ended, ended, ended],
    ['cancelled', ended, ended, ended, ended],
  ])('from %s', (status, ...answers) => {
    const contract = history(status).reduce(contractDecider.evolve, contractDecider.initialState);
    for (const [index, to] of lifeCycleChanges.entries()) {
      const command = new ChangeStanding(contractId, { change: to, reason }, context);
      const decision = contractDecider.decide(command, contract);
      const answer = answers[index] === 'done' ? [change(to)] : answers[index];
      expect(decision instanceof Refusal ? decision.code : decision).toEqual(answer);
    }
  });
});
