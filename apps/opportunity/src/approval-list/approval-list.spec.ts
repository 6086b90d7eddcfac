import { expect, it } from 'vitest';
import type { DomainEvent } from '#libs/event-sourcing/src/event.js';
import { erased } from '#libs/events/src/erased.js';
import type { ApprovalEvent } from '#libs/events/src/opportunity.js';
import { erasureEventsOf } from '#libs/testing/src/erasure-events.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import {
  approvalId,
  content,
  decided,
  endings,
  facts,
  now,
  reached,
  recalled,
  requested,
  waiting,
} from '../spec-approval.js';
import { approvalListProjection } from './approval-list.projection.js';

function row(...events: readonly DomainEvent[]) {
  return projected(approvalListProjection, recorded(events))[approvalId];
}

const dueAt = new Date(waiting.nextTimerAt);

it('lists what is asked for, as it waits', () => {
  expect(row(requested)).toEqual({
    id: approvalId,
    revision: 0,
    status: 'PENDING',
    subjectType: 'deal',
    subjectId: 'd1',
    title: content.title,
    description: null,
    amount: '1500000',
    requesterId: 'rie',
    customerId: 'c1',
    steps: content.steps.map((step) => ({ ...step, decisions: [] })),
    step: 0,
    escalatedTo: null,
    escalateTo: null,
    remindAfterHours: 24,
    escalateAfterHours: 72,
    recallReason: null,
    endedBy: null,
    endedOnBehalfOf: null,
    endedAt: null,
    requestedAt: new Date('2026-01-05T09:00:00.000Z'),
    updatedAt: new Date('2026-01-05T09:00:00.000Z'),
    dueAt,
    textsOf: 'customer:c1',
    correlationId: 'spec',
  });
});

it('shows each decision in its step, and who ended it in whose place', () => {
  const byDan = decided(0, 'aya', { decidedBy: 'dan', via: ['dan'] });
  expect(row(requested, byDan, reached)).toMatchObject({
    revision: 2,
    step: 1,
    steps: [{ decisions: [{ approverId: 'aya', decidedBy: 'dan', via: ['dan'], decision: 'approved' }] }, {}],
  });
  expect(row(requested, ...endings['approved']!)).toMatchObject({
    status: 'APPROVED',
    endedBy: 'bo',
    endedOnBehalfOf: 'ben',
    endedAt: new Date(now),
    dueAt: null,
  });
});

it('is due again once what took it along is undone', () => {
  const gone = recalled('customer_deleted');
  expect(row(requested, gone)).toMatchObject({ status: 'RECALLED', recallReason: 'customer_deleted', dueAt: null });
  const back: ApprovalEvent = { type: 'approval.restored', data: { ...facts, ...waiting, reason: 'customer_deleted' } };
  expect(row(requested, gone, back)).toMatchObject({ status: 'PENDING', recallReason: null, endedBy: null, dueAt });
});

it('follows reminders, escalations, replaced approvers and a customer who became part of another one', () => {
  const nextTimerAt = '2026-01-07T09:00:00.000Z';
  const step = { ...facts, step: 0, waitingFor: ['akira', 'aya'], nextTimerAt };
  const reminded: ApprovalEvent = { type: 'approval.reminded', data: { ...step, number: 1 } };
  const escalated: ApprovalEvent = { type: 'approval.escalated', data: { ...step, escalatedTo: 'kei' } };
  expect(row(requested, reminded)).toMatchObject({ dueAt: new Date(nextTimerAt), escalatedTo: null });
  expect(row(requested, escalated)).toMatchObject({ dueAt: new Date(nextTimerAt), escalatedTo: 'kei' });
  const replaced = (fromUserId: string, toUserId: string | null): ApprovalEvent => ({
    type: 'approval.reassigned',
    data: { ...facts, step: 0, fromUserId, toUserId, waits: true, cause: 'user_deleted' },
  });
  expect(row(requested, replaced('aya', 'kei'), replaced('akira', null))?.steps[0]?.approvers).toEqual(['kei']);
  expect(row(requested, escalated, replaced('kei', null))).toMatchObject({ escalatedTo: null });
  const moved: ApprovalEvent = {
    type: 'approval.moved',
    data: { ...facts, customerId: 'c2', previousCustomerId: 'c1' },
  };
  expect(row(requested, moved)).toMatchObject({ customerId: 'c2', textsOf: 'customer:c1' });
});

it('holds the marker in place of texts about somebody who was erased, and leaves others alone', () => {
  for (const gone of erasureEventsOf('customer:c1')) {
    expect(row(requested, gone)).toMatchObject({ title: erased, description: erased });
  }
  for (const gone of erasureEventsOf('user:rie')) expect(row(requested, gone)).toMatchObject({ title: content.title });
});
