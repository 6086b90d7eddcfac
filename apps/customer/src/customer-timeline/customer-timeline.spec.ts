import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { DomainEvent } from '#libs/event-sourcing/src/event.js';
import { eventCatalogue } from '#libs/events/src/catalogue.js';
import { erased } from '#libs/events/src/erased.js';
import { erasureEventsOf } from '#libs/testing/src/erasure-events.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { type GoldenEvent, goldenEventsFolder } from '../../../../test/golden/golden-events.js';
import { assigned, created, merged } from '../spec-histories.js';
import { customerTimelineProjection } from './customer-timeline.projection.js';

const meeting = { type: 'meeting.created', data: { meetingId: 'm1', customerId: 'c1', summary: '佐藤様と面談' } };
const task = { type: 'task.created', data: { taskId: 't1', customerId: null, title: '掃除' } };
const deal = { type: 'deal.opened', data: { dealId: 'd1', customerId: 'c2', title: '投資信託' } };

function entries(...events: DomainEvent[]) {
  return Object.values(projected(customerTimelineProjection, recorded<DomainEvent>(events)));
}

it('has an entry for each event that tells of a customer, whatever the context', () => {
  expect(entries(created, meeting, task, deal, assigned('sato'))).toMatchObject([
    { customerId: 'c1', kind: 'customer', eventType: 'customer.created', subjectId: 'c1', text: null },
    { customerId: 'c1', kind: 'meeting', subjectId: 'm1', text: '佐藤様と面談', actorId: 'spec', actorRole: 'ADMIN' },
    { customerId: 'c2', kind: 'deal', subjectId: 'd1', text: '投資信託' },
    { customerId: 'c1', eventType: 'customer.assigned' },
  ]);
});

it('goes with a customer who becomes part of another, and is erased with whom it was written of', () => {
  for (const gone of erasureEventsOf('customer:c1')) {
    expect(entries(meeting, deal, merged, gone)).toMatchObject([
      { customerId: 'c2', writtenOf: 'c1', text: erased },
      { customerId: 'c2', writtenOf: 'c2', text: '投資信託' },
    ]);
  }
});

/** What names a customer and has no entry of its own. */
const leftOut: Readonly<Record<string, string>> = {
  'customer.merged': 'the one who stays has absorbed them, and the entries move there',
  'customer.merge_requested': 'absorbed or abandoned follows at once',
  'customer.merge_refused': 'the one who asked has abandoned the merge',
  'approval.step_reached': 'follows from the decision on the step before',
  'approval.reminded': 'says again what the request has said',
};

it('has an entry for every type of the catalogue that names a customer', () => {
  const naming = Object.entries(eventCatalogue).flatMap(([type, { version }]) => {
    const file = new URL(`${type}.v${version}.json`, goldenEventsFolder);
    const { data } = JSON.parse(readFileSync(file, 'utf8')) as GoldenEvent;
    return 'customerId' in data ? [{ type, data: { ...data, customerId: 'c9' } }] : [];
  });
  const told = entries(...naming).map(({ eventType }) => eventType);
  expect([...told, ...Object.keys(leftOut)].toSorted()).toEqual(naming.map(({ type }) => type).toSorted());
});

it('shows the comment that somebody decided with', () => {
  const decided = { type: 'approval.rejected', data: { approvalId: 'a1', customerId: 'c1', comment: '金額が大きい' } };
  expect(entries(decided)).toMatchObject([{ kind: 'approval', subjectId: 'a1', text: '金額が大きい' }]);
});
