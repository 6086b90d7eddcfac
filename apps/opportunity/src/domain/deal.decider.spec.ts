import { describe, expect, it } from 'vitest';
import { type DealEvent, type DealStage, dealStages, openStages } from '#libs/events/src/opportunity.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { ChangeDealStage, DeleteDeal, MoveDeal, OpenDeal, ReassignDeal, RestoreDeal, UpdateDeal } from './deal.js';
import { dealDecider } from './deal.decider.js';

const facts = { dealId: 'd1', customerId: 'c1', ownerId: 'rie' };
const content = {
  title: 'A yearly contract',
  description: null,
  amount: 12_000_000,
  probability: 25,
  expectedCloseDate: '2026-03-31',
};
const context = testContext({ actor: { id: 'rie', role: 'SALES' } });
const opened: DealEvent = {
  type: 'deal.opened',
  data: { ...facts, ...content, stage: 'QUALIFIED', openedBy: 'rie' },
};
const findings = { users: {} };
const goneFor = (reason: 'requested' | 'customer_deleted'): DealEvent => ({
  type: 'deal.deleted',
  data: { ...facts, reason },
});
const backFor = (reason: 'requested' | 'customer_deleted'): DealEvent => ({
  type: 'deal.restored',
  data: { ...facts, reason },
});

function to(stage: DealStage, probability?: number): ChangeDealStage {
  const data = { stage, comment: 'Agreed.', ...(probability !== undefined && { probability }) };
  return new ChangeDealStage('d1', data, context);
}

function closed(type: 'deal.won' | 'deal.lost', previousStage: DealStage = 'QUALIFIED'): DealEvent {
  const closing = { closedBy: 'rie', closedAt: context.occurredAt, comment: 'Agreed.' };
  return { type, data: { ...facts, amount: content.amount, previousStage, ...closing } };
}

function moved(stage: (typeof openStages)[number], probability: number, previousStage: DealStage): DealEvent {
  return { type: 'deal.stage_changed', data: { ...facts, stage, probability, previousStage } };
}

describe('opening a deal', () => {
  const command = new OpenDeal(
    'd1',
    { ...content, customerId: 'c1', ownerId: 'rie', stage: 'QUALIFIED', findings },
    context,
  );

  it('tells what it is about', () => {
    given(dealDecider).when(command).then(opened);
  });

  it('is refused when it is there, and for a customer who is not', () => {
    given(dealDecider, opened).when(command).thenRefused('deal_exists');
    const lost = new OpenDeal(
      'd1',
      { ...command.data, findings: { ...findings, customer: { standing: 'deleted' } } },
      context,
    );
    given(dealDecider).when(lost).thenRefused('customer_is_deleted');
  });
});

describe('changing a deal', () => {
  const update = (changes: object) =>
    new UpdateDeal('d1', { ...content, ownerId: 'rie', findings, ...changes }, context);

  it('tells what it is now and which fields changed', () => {
    given(dealDecider, opened)
      .when(update({ amount: 1, ownerId: 'aya' }))
      .then({
        type: 'deal.updated',
        data: { ...facts, ...content, amount: 1, ownerId: 'aya', changed: ['amount', 'ownerId'], updatedBy: 'rie' },
      });
    given(dealDecider, opened).when(update({})).thenNothing();
  });

  it.each([
    ['deal.won', 100],
    ['deal.lost', 0],
  ] as const)('leaves the probability after %s', (type, probability) => {
    const data = { ...facts, ...content, amount: 1, probability, changed: ['amount'], updatedBy: 'rie' };
    given(dealDecider, opened, closed(type))
      .when(update({ amount: 1, probability: 60 }))
      .then({ type: 'deal.updated', data });
    given(dealDecider, opened, closed(type))
      .when(update({ probability: 60 }))
      .thenNothing();
  });

  it('is refused for a deleted one, an unknown one, and an owner who does not fit', () => {
    given(dealDecider, opened, goneFor('requested'))
      .when(update({ amount: 1 }))
      .thenRefused('deal_deleted');
    given(dealDecider)
      .when(update({ amount: 1 }))
      .thenRefused('deal_not_found');
    given(dealDecider, opened)
      .when(update({ findings: { users: { aya: 'unfit' } } }))
      .thenRefused('user_unfit');
  });
});

describe('the stage of a deal', () => {
  it.each(openStages.filter((stage) => stage !== 'QUALIFIED'))('becomes %s with its usual probability', (stage) => {
    const usual = { LEAD: 10, QUALIFIED: 25, PROPOSAL: 50, NEGOTIATION: 75 }[stage];
    given(dealDecider, opened)
      .when(to(stage))
      .then(moved(stage, usual, 'QUALIFIED'));
  });

  it('takes the probability that somebody knows better', () => {
    given(dealDecider, opened)
      .when(to('QUALIFIED', 40))
      .then(moved('QUALIFIED', 40, 'QUALIFIED'));
    given(dealDecider, opened).when(to('QUALIFIED')).thenNothing();
  });

  it.each([
    ['WON', 'deal.won'],
    ['LOST', 'deal.lost'],
  ] as const)('%s ends it, until it is taken up again', (stage, type) => {
    given(dealDecider, opened).when(to(stage)).then(closed(type));
    given(dealDecider, opened, closed(type)).when(to(stage)).thenNothing();
    given(dealDecider, opened, closed(type))
      .when(to(stage === 'WON' ? 'LOST' : 'WON'))
      .thenRefused('deal_closed');
    given(dealDecider, opened, closed(type))
      .when(to('PROPOSAL'))
      .then(moved('PROPOSAL', 50, stage));
  });

  it('that ended is named with whoever ended it, whatever came after', () => {
    const changedBy = { actor: 'rie', at: context.occurredAt, event: 'deal.won' };
    const later = { actor: 'aya', at: '2026-02-01T09:00:00.000Z', event: 'deal.moved' };
    const moving: DealEvent = { type: 'deal.moved', data: { ...facts, customerId: 'c2', previousCustomerId: 'c1' } };
    const won = [opened, { ...closed('deal.won'), changedBy }, { ...moving, changedBy: later }];
    const refusal = (events: readonly DealEvent[]) =>
      dealDecider.decide(to('LOST'), events.reduce(dealDecider.evolve, dealDecider.initialState));
    expect(refusal(won)).toMatchObject({ code: 'deal_closed', facts: { changedBy } });
    const deletedBy = { ...changedBy, event: 'deal.deleted' };
    const gone = [opened, { ...goneFor('requested'), changedBy: deletedBy }, { ...moving, changedBy: later }];
    expect(refusal(gone)).toMatchObject({ code: 'deal_deleted', facts: { changedBy: deletedBy } });
  });

  it.each(dealStages)('does not become %s when the deal is deleted', (stage) => {
    given(dealDecider, opened, goneFor('requested')).when(to(stage)).thenRefused('deal_deleted');
  });
});

describe('deleting and restoring', () => {
  const remove = (reason: 'requested' | 'customer_deleted') => new DeleteDeal('d1', { reason }, context);
  const restore = (reason: 'requested' | 'customer_deleted', changes = {}) =>
    new RestoreDeal('d1', { reason, findings, ...changes }, context);

  it.each(['requested', 'customer_deleted'] as const)('undoes what was done: %s', (reason) => {
    given(dealDecider, opened).when(remove(reason)).then(goneFor(reason));
    given(dealDecider, opened, goneFor(reason)).when(remove(reason)).thenNothing();
    given(dealDecider, opened, goneFor(reason)).when(restore(reason)).then(backFor(reason));
    given(dealDecider, opened, goneFor(reason), backFor(reason)).when(remove(reason)).then(goneFor(reason));
  });

  it('what a person deleted stays deleted when the customer goes and comes back', () => {
    given(dealDecider, opened, goneFor('requested')).when(remove('customer_deleted')).thenNothing();
    given(dealDecider, opened, goneFor('requested')).when(restore('customer_deleted')).thenNothing();
    given(dealDecider, opened).when(restore('customer_deleted')).thenNothing();
  });

  it('what a person deletes after it went with its customer does not come back with them', () => {
    given(dealDecider, opened, goneFor('customer_deleted')).when(remove('requested')).then(goneFor('requested'));
    given(dealDecider, opened, goneFor('customer_deleted'), goneFor('requested'))
      .when(restore('customer_deleted'))
      .thenNothing();
  });

  it('by hand is refused where there is nothing to restore, and where the customer is gone', () => {
    given(dealDecider, opened).when(restore('requested')).thenRefused('deal_not_deleted');
    given(dealDecider, opened, goneFor('customer_deleted'))
      .when(restore('requested'))
      .thenRefused('deal_customer_deleted');
    given(dealDecider, opened, goneFor('requested'))
      .when(restore('requested', { findings: { ...findings, customer: { standing: 'deleted' } } }))
      .thenRefused('customer_is_deleted');
  });
});

describe('a deal', () => {
  it('gets another owner, or none, when its own is gone', () => {
    for (const toUserId of ['aya', null]) {
      given(dealDecider, opened)
        .when(new ReassignDeal('d1', { fromUserId: 'rie', toUserId }, context))
        .then({
          type: 'deal.reassigned',
          data: { ...facts, ownerId: toUserId, previousOwnerId: 'rie', cause: 'user_deleted' },
        });
    }
    given(dealDecider, opened)
      .when(new ReassignDeal('d1', { fromUserId: 'aya', toUserId: null }, context))
      .thenNothing();
  });

  it('goes with a customer who becomes part of another one', () => {
    const move = new MoveDeal('d1', { customerId: 'c2' }, context);
    const there: DealEvent = { type: 'deal.moved', data: { ...facts, customerId: 'c2', previousCustomerId: 'c1' } };
    given(dealDecider, opened).when(move).then(there);
    given(dealDecider, opened, there).when(move).thenNothing();
  });
});
