import { describe, expect, it } from 'vitest';
import type { ContractEvent, LifeCycleChange, RegisteredCustomer } from '#libs/events/src/contract.js';
import { given } from '#libs/testing/src/given.js';
import { abcCustomer } from '../spec-customer.js';
import { type ContractCommand, RegisterContract, ReportContent, ReportStanding } from './contract-commands.js';
import { contractDecider } from './contract.decider.js';
import {
  amended,
  context,
  contractId,
  drafted,
  early,
  first,
  larger,
  largest,
  later,
  latest,
  moved,
  origin,
  signed,
  smaller,
  superseded,
} from '../spec-changes.js';

const reason = 'Invoice 4711 is unpaid.';
const { externalId } = abcCustomer;

function register(customer: RegisteredCustomer, changedAt: string, webhookId = 'm2'): RegisterContract {
  return new RegisterContract(contractId, { ...customer, origin: origin(webhookId), changedAt }, context);
}

function report(customer: RegisteredCustomer, changedAt: string): ReportContent {
  return new ReportContent(contractId, { ...customer, origin: origin('m2'), changedAt }, context);
}

function reportStanding(change: LifeCycleChange, changedAt: string): ReportStanding {
  return new ReportStanding(contractId, { externalId, change, reason, origin: origin('m2'), changedAt }, context);
}

function standing(change: LifeCycleChange, changedAt: string): ContractEvent {
  return { type: `contract.${change}`, data: { contractId, reason, origin: origin('m2'), changedAt } };
}

function refused(text: string, changedAt: string): ContractEvent {
  const data = { contractId, reason: expect.stringContaining(text) as string, origin: origin('m2'), changedAt };
  return { type: 'contract.amendment_refused', data };
}

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

  it.each([
    ['newer', later],
    ['of the same instant', first],
  ])('that is %s and says something else is an amendment', (_when, changedAt) => {
    given(contractDecider, drafted, signed).when(register(larger, changedAt)).then(amended(larger, changedAt));
  });

  it('that is older than what is applied is superseded', () => {
    given(contractDecider, drafted, signed).when(register(larger, early)).then(superseded(early));
  });

  it('that repeats the amendment changes nothing', () => {
    given(contractDecider, drafted, signed, amended(larger, later)).when(register(larger, latest)).thenNothing();
  });

  it('that takes the amendment back is an amendment', () => {
    given(contractDecider, drafted, signed, amended(larger, later))
      .when(register(abcCustomer, latest))
      .then(amended(abcCustomer, latest, larger));
  });

  it('that is newer than the first and older than the amendment is superseded', () => {
    given(contractDecider, drafted, signed, amended(largest, latest))
      .when(register(larger, later))
      .then(superseded(later, latest));
  });

  it.each<[string, Partial<RegisteredCustomer>]>([
    ['name', { company: { ...abcCustomer.company, name: 'ABC Inc.' } }],
    ['mail address', { company: { ...abcCustomer.company, email: 'new@abc-corp.example' } }],
    ['language', { company: { ...abcCustomer.company, language: 'en' } }],
    ['plan', { terms: { ...abcCustomer.terms, plan: 'business' } }],
    ['storage', { terms: { ...abcCustomer.terms, storageQuota: '2TB' } }],
    ['date', { contractDate: '2025-05-30' }],
  ])('with another %s says something else', (_field, change) => {
    const customer = { ...abcCustomer, ...change };
    given(contractDecider, drafted, signed).when(register(customer, later)).then(amended(customer, later));
  });

  it.each([
    [smaller, "Storage can't shrink"],
    [moved, "can't move"],
  ])('of what is impossible in place is refused once, with the way out', (customer, why) => {
    const history = [drafted, signed];
    given(contractDecider, ...history)
      .when(register(customer, later))
      .then(refused(why, later));
    const [refusal] = contractDecider.decide(
      register(customer, later),
      history.reduce(contractDecider.evolve, contractDecider.initialState),
    ) as ContractEvent[];
    given(contractDecider, ...history, refusal!)
      .when(register(customer, latest))
      .thenNothing();
    given(contractDecider, ...history, refusal!, amended(larger, later))
      .when(register({ ...customer, company: larger.company }, latest))
      .then(refused(why, latest));
  });

  it.each(['terminated', 'cancelled'] as const)('of a contract that was %s is refused when it is newer', (end) => {
    const history = [drafted, signed, standing(end, later)];
    given(contractDecider, ...history)
      .when(register(abcCustomer, latest))
      .then(refused('new number', latest));
    given(contractDecider, ...history)
      .when(report(larger, latest))
      .then(refused('new number', latest));
    given(contractDecider, ...history)
      .when(register(larger, later))
      .then(superseded(later, later));
    given(contractDecider, ...history)
      .when(register(abcCustomer, first))
      .thenNothing();
    given(contractDecider, ...history)
      .when(report(abcCustomer, latest))
      .thenNothing();
  });

  it('of a change that an old log has on record is an amendment', () => {
    const recorded = { contractId, ...larger, origin: origin('m2'), changedAt: later };
    given(contractDecider, drafted, signed, { type: 'contract.change_recorded', data: recorded })
      .when(register(larger, later))
      .then(amended(larger, later));
  });
});

describe('a reported change', () => {
  it('of a customer whom nobody registered registers them', () => {
    given(contractDecider)
      .when(report(abcCustomer, later))
      .then({ ...drafted, data: { ...drafted.data, origin: origin('m2'), changedAt: later } } as ContractEvent, signed);
  });

  it('back to what holds is remembered, so that what came between is late', () => {
    const confirmed: ContractEvent = {
      type: 'contract.report_confirmed',
      data: { contractId, confirms: 'content', origin: origin('m2'), changedAt: latest },
    };
    given(contractDecider, drafted, signed).when(report(abcCustomer, latest)).then(confirmed);
    given(contractDecider, drafted, signed, confirmed).when(report(larger, later)).then(superseded(later, latest));
    given(contractDecider, drafted, signed, confirmed).when(report(abcCustomer, latest)).thenNothing();
  });
});

describe('a reported suspension, resumption, termination or cancellation', () => {
  it.each<[LifeCycleChange, readonly ContractEvent[]]>([
    ['suspended', []],
    ['terminated', []],
    ['cancelled', []],
    ['resumed', [standing('suspended', first)]],
    ['terminated', [standing('suspended', first)]],
    ['cancelled', [standing('suspended', first)]],
  ])('%s is carried out', (change, before) => {
    given(contractDecider, drafted, signed, ...before)
      .when(reportStanding(change, later))
      .then(standing(change, later));
  });

  it('without a reason has none', () => {
    const { reason: _reason, ...data } = reportStanding('suspended', later).data;
    given(contractDecider, drafted, signed)
      .when(new ReportStanding(contractId, data, context))
      .then({ type: 'contract.suspended', data: { contractId, origin: origin('m2'), changedAt: later } });
  });

  it.each(['suspended', 'resumed', 'terminated', 'cancelled'] as const)('%s that came before is late', (change) => {
    given(contractDecider, drafted, signed, standing('suspended', later), standing('resumed', latest))
      .when(reportStanding(change, later))
      .then(superseded(later, latest));
  });

  it('of what holds already is remembered once, so that an older one is late', () => {
    const confirmed: ContractEvent = {
      type: 'contract.report_confirmed',
      data: { contractId, confirms: 'standing', origin: origin('m2'), changedAt: latest },
    };
    given(contractDecider, drafted, signed).when(reportStanding('resumed', latest)).then(confirmed);
    given(contractDecider, drafted, signed, confirmed).when(reportStanding('resumed', latest)).thenNothing();
    given(contractDecider, drafted, signed, confirmed)
      .when(reportStanding('suspended', later))
      .then(superseded(later, latest));
  });

  it('of what holds already leaves nothing when it comes from a row', () => {
    const row = { channel: 'polling', source: 'crm', rowId: '7', cursor: latest } as const;
    given(contractDecider, drafted, signed)
      .when(new ReportStanding(contractId, { externalId, change: 'resumed', origin: row, changedAt: latest }, context))
      .thenNothing();
  });

  it('does not depend on when the content changed', () => {
    given(contractDecider, drafted, signed, amended(larger, latest))
      .when(reportStanding('suspended', later))
      .then(standing('suspended', later));
  });

  it.each<[LifeCycleChange, LifeCycleChange]>([
    ['terminated', 'resumed'],
    ['terminated', 'cancelled'],
    ['cancelled', 'suspended'],
    ['cancelled', 'terminated'],
  ])('after the contract was %s, %s is refused, on record', (end, change) => {
    given(contractDecider, drafted, signed, standing(end, later))
      .when(reportStanding(change, latest))
      .then(refused('final', latest));
  });

  it.each(['terminated', 'cancelled'] as const)('%s before the registration is late', (end) => {
    given(contractDecider, drafted, signed).when(reportStanding(end, early)).then(superseded(early));
    given(contractDecider, drafted, signed, amended(larger, later))
      .when(reportStanding(end, first))
      .then(standing(end, first));
  });

  it.each(['terminated', 'cancelled'] as const)('%s twice changes nothing', (end) => {
    given(contractDecider, drafted, signed, standing(end, later)).when(reportStanding(end, latest)).thenNothing();
  });

  describe('before the registration', () => {
    const held = (change: LifeCycleChange, changedAt: string): ContractEvent => ({
      type: 'contract.change_held',
      data: { contractId, externalId, change, reason, origin: origin('m2'), changedAt },
    });

    it('waits for it', () => {
      given(contractDecider).when(reportStanding('suspended', later)).then(held('suspended', later));
      given(contractDecider, held('suspended', later))
        .when(register(abcCustomer, first, 'm1'))
        .then(drafted, signed, standing('suspended', later));
      given(contractDecider, held('resumed', later))
        .when(register(abcCustomer, first, 'm1'))
        .then(drafted, signed);
    });

    it('does not count when it is older than the registration', () => {
      given(contractDecider, held('terminated', early))
        .when(register(abcCustomer, first, 'm1'))
        .then(drafted, signed);
      given(contractDecider, held('terminated', early))
        .when(report(abcCustomer, first))
        .then({ ...drafted, data: { ...drafted.data, origin: origin('m2') } } as ContractEvent, signed);
      given(contractDecider, held('suspended', later))
        .when(report(abcCustomer, latest))
        .then(
          { ...drafted, data: { ...drafted.data, origin: origin('m2'), changedAt: latest } } as ContractEvent,
          signed,
          standing('suspended', later),
        );
    });

    it('counts once, and only the newest does', () => {
      given(contractDecider, held('suspended', later)).when(reportStanding('suspended', later)).thenNothing();
      given(contractDecider, held('suspended', later))
        .when(reportStanding('resumed', latest))
        .then(held('resumed', latest));
      given(contractDecider, held('resumed', latest))
        .when(reportStanding('suspended', later))
        .then(superseded(later, latest));
      given(contractDecider, held('resumed', latest), drafted, signed)
        .when(reportStanding('suspended', later))
        .then(superseded(later, latest));
    });
  });
});

describe('in whatever order reports arrive', () => {
  const reports: readonly ContractCommand[] = [
    // Of the time before they became a customer again.
    reportStanding('terminated', '2025-05-29T00:00:00.000Z'),
    register(abcCustomer, '2025-05-29T01:00:00.000Z'),
    reportStanding('suspended', '2025-05-29T02:00:00.000Z'),
    report(larger, '2025-05-29T03:00:00.000Z'),
    reportStanding('resumed', '2025-05-29T04:00:00.000Z'),
    report(abcCustomer, '2025-05-29T05:00:00.000Z'),
  ];

  it.each<[string, LifeCycleChange[]]>([
    ['signed', []],
    ['suspended', ['suspended']],
    ['terminated', ['terminated']],
    ['cancelled', ['cancelled']],
  ])('the contract ends as the other system has it: %s', (status, last) => {
    const all = [...reports, ...last.map((change) => reportStanding(change, '2025-05-29T06:00:00.000Z'))];
    for (const order of permutations(all)) {
      const contract = order.reduce((state, command) => {
        const events = contractDecider.decide(command, state) as readonly ContractEvent[];
        return events.reduce(contractDecider.evolve, state);
      }, contractDecider.initialState);
      const came = order.map((command) => all.indexOf(command)).join(', ');
      // A contract that ended says for ever what it said then.
      const says = last.some((change) => change !== 'suspended') ? {} : { applied: { content: abcCustomer } };
      expect(contract, came).toMatchObject({ status, ...says });
    }
  });
});

function* permutations<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}
