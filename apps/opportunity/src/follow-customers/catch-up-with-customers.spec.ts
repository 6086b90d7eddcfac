import { expect, it } from 'vitest';
import type { ApprovalEvent, DealEvent } from '#libs/events/src/opportunity.js';
import { testContext } from '#libs/testing/src/given.js';
import { approvalDecider } from '../domain/approval.decider.js';
import { dealDecider } from '../domain/deal.decider.js';
import { endings, recalled, requested } from '../spec-approval.js';
import { approvalChange, dealChange } from './catch-up-with-customers.policy.js';

const active = { deleted: false, mergedInto: null };
const deleted = { deleted: true, mergedInto: null };
const merged = { deleted: false, mergedInto: 'c2' };
const facts = { dealId: 'd1', customerId: 'c1', ownerId: 'rie' };
const opened: DealEvent = {
  type: 'deal.opened',
  data: {
    ...facts,
    title: 'A deal',
    description: null,
    amount: 1,
    probability: 10,
    expectedCloseDate: '2026-03-31',
    stage: 'LEAD',
    openedBy: 'rie',
  },
};
const gone = (reason: 'requested' | 'customer_deleted'): DealEvent => ({
  type: 'deal.deleted',
  data: { ...facts, reason },
});

it.each<[string, readonly ApprovalEvent[], typeof active | typeof merged, string | undefined]>([
  ['a pending request of a customer who is there', [], active, undefined],
  ['a pending request of a customer who is gone', [], deleted, 'withdraw_approval'],
  ['one that went, of a customer who is back', [recalled('customer_deleted')], active, 'restore_approval'],
  ['one that went, of a customer who is still gone', [recalled('customer_deleted')], deleted, undefined],
  ['one that was decided, of a customer who is gone', endings['approved']!, deleted, undefined],
  ['one that was recalled by hand, of a customer who is there', endings['recalled']!, active, undefined],
  ['any request of a customer who became part of another one', endings['approved']!, merged, 'move_approval'],
])('%s', (_name, more, customer, expected) => {
  const approval = [requested, ...more].reduce(approvalDecider.evolve, approvalDecider.initialState);
  expect(approvalChange('a1', approval, customer, testContext())?.type).toBe(expected);
});

it.each<[string, readonly DealEvent[], typeof active | typeof merged, string | undefined]>([
  ['a deal of a customer who is there', [], active, undefined],
  ['a deal of a customer who is gone', [], deleted, 'delete_deal'],
  ['one that went, of a customer who is back', [gone('customer_deleted')], active, 'restore_deal'],
  ['one that was deleted by hand, of a customer who is there', [gone('requested')], active, undefined],
  ['one that was deleted by hand, of a customer who is gone', [gone('requested')], deleted, undefined],
  ['any deal of a customer who became part of another one', [], merged, 'move_deal'],
])('%s', (_name, more, customer, expected) => {
  const deal = [opened, ...more].reduce(dealDecider.evolve, dealDecider.initialState);
  expect(dealChange('d1', deal, customer, testContext())?.type).toBe(expected);
});
