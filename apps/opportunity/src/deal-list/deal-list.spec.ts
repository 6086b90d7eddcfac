import { expect, it } from 'vitest';
import type { DomainEvent } from '#libs/event-sourcing/src/event.js';
import { erased } from '#libs/events/src/erased.js';
import type { DealEvent } from '#libs/events/src/opportunity.js';
import { erasureEventsOf } from '#libs/testing/src/erasure-events.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { dealListProjection } from './deal-list.projection.js';

const content = {
  title: 'A yearly contract',
  description: 'In spring',
  amount: 12_000_000,
  probability: 25,
  expectedCloseDate: '2026-03-31',
};
const closedAt = '2026-01-05T09:00:00.000Z';

function opened(customerId: string | null): DealEvent {
  const people = { customerId, ownerId: 'rie', openedBy: 'rie' };
  return { type: 'deal.opened', data: { dealId: 'd1', ...content, ...people, stage: 'QUALIFIED' } };
}

function lost(customerId: string | null, comment: string | null = 'Too dear.'): DealEvent {
  const facts = {
    dealId: 'd1',
    customerId,
    ownerId: 'rie',
    amount: content.amount,
    previousStage: 'QUALIFIED',
  } as const;
  return { type: 'deal.lost', data: { ...facts, closedBy: 'aya', closedAt, comment } };
}

const facts = { dealId: 'd1', customerId: 'c2', ownerId: 'rie' };
const merged: DealEvent = { type: 'deal.moved', data: { ...facts, previousCustomerId: 'c1' } };

function row(...events: readonly DomainEvent[]) {
  return projected(dealListProjection, recorded(events))['d1'];
}

it('holds the marker in place of the closing comment of a user who was erased, and leaves the other texts alone', () => {
  const closed = [opened(null), lost(null)];
  for (const gone of erasureEventsOf('user:aya')) {
    expect(row(...closed, gone)).toMatchObject({ title: content.title, closeComment: erased });
  }
  for (const gone of erasureEventsOf('user:rie')) {
    expect(row(...closed, gone)).toMatchObject({ title: erased, description: erased, closeComment: 'Too dear.' });
  }
});

it('holds it for the customer at the closing, where the first one had become part of them', () => {
  const closed = [opened('c1'), merged, lost('c2')];
  for (const gone of erasureEventsOf('customer:c2')) {
    expect(row(...closed, gone)).toMatchObject({ title: content.title, closeComment: erased });
  }
  for (const gone of erasureEventsOf('customer:c1')) {
    expect(row(...closed, gone)).toMatchObject({ title: erased, closeComment: 'Too dear.' });
  }
  for (const gone of erasureEventsOf('customer:c1')) {
    expect(row(opened('c1'), lost('c1'), merged, gone)).toMatchObject({ title: erased, closeComment: erased });
  }
});

it('holds it for no comment where there is none, or none any more', () => {
  const takenUp: DealEvent = {
    type: 'deal.stage_changed',
    data: { dealId: 'd1', customerId: null, ownerId: 'rie', stage: 'LEAD', probability: 10, previousStage: 'LOST' },
  };
  for (const events of [[lost(null, null)], [lost(null), takenUp]]) {
    expect(row(opened(null), ...events, ...erasureEventsOf('user:aya'))).toMatchObject({ closeComment: null });
  }
});
