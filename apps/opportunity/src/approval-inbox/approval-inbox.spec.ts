import { expect, it } from 'vitest';
import type { ApprovalEvent } from '#libs/events/src/opportunity.js';
import { projected, recorded } from '#libs/testing/src/given.js';
import { after, approvalId, content, decided, endings, facts, reached, requested, waiting } from '../spec-approval.js';
import { approvalInboxProjection } from './approval-inbox.projection.js';

/** Who is asked, in which step, and what of them is told: whether they are waited for, or what they decided. */
function inbox(...events: readonly ApprovalEvent[]): Record<string, unknown> {
  const rows = Object.values(projected(approvalInboxProjection, recorded(events)));
  return Object.fromEntries(
    rows.map(({ approverId, step, decision, waiting: waits }) => [approverId, [step, decision ?? waits]]),
  );
}

const back: ApprovalEvent = {
  type: 'approval.restored',
  data: { ...facts, ...waiting, reason: 'customer_deleted' },
};

it('waits for the approvers of the first step, and for the next ones once it is complete', () => {
  expect(inbox(requested)).toEqual({ akira: [0, true], aya: [0, true], ben: [1, false], bo: [1, false] });
  expect(inbox(requested, decided(0, 'aya'), reached)).toEqual({
    akira: [0, false],
    aya: [0, 'approved'],
    ben: [1, true],
    bo: [1, true],
  });
});

it('names who decided in one step while others of it are waited for', () => {
  expect(inbox(requested, decided(0, 'aya'), reached, decided(1, 'bo'))).toMatchObject({
    ben: [1, true],
    bo: [1, 'approved'],
  });
});

it('follows approvers who are changed, replaced, left out, and those whom a step was escalated to', () => {
  const steps = [{ rule: 'any_of', approvers: ['aya', 'kei'] }] as const;
  const updated: ApprovalEvent = {
    type: 'approval.updated',
    data: { ...facts, ...content, steps, ...waiting, changed: ['steps'], formerApprovers: ['akira', 'ben', 'bo'] },
  };
  expect(inbox(requested, updated)).toEqual({ aya: [0, true], kei: [0, true] });
  const reassigned = (step: number, fromUserId: string, toUserId: string | null): ApprovalEvent => ({
    type: 'approval.reassigned',
    data: { ...facts, step, fromUserId, toUserId, waits: step === 0, cause: 'user_deleted' },
  });
  expect(inbox(requested, reassigned(0, 'aya', null), reassigned(1, 'bo', 'kei'))).toEqual({
    akira: [0, true],
    ben: [1, false],
    kei: [1, false],
  });
  const escalated: ApprovalEvent = {
    type: 'approval.escalated',
    data: { ...facts, step: 0, waitingFor: ['akira', 'aya'], escalatedTo: 'kei', nextTimerAt: waiting.nextTimerAt },
  };
  expect(inbox(requested, escalated)).toMatchObject({ kei: [0, true] });
  const next = after(reached, 'akira', 'aya', 'kei');
  expect(inbox(requested, escalated, decided(0, 'kei'), next)).toMatchObject({ kei: [0, 'approved'], aya: [0, false] });
});

it.each([
  ['approved', 'APPROVED'],
  ['rejected', 'REJECTED'],
  ['recalled', 'RECALLED'],
] as const)('shows to everybody that the request was %s, until it is restored', (ending, status) => {
  const statuses = (...more: readonly ApprovalEvent[]) =>
    Object.values(projected(approvalInboxProjection, recorded([requested, ...endings[ending]!, ...more]))).map(
      (row) => row.status,
    );
  expect(statuses()).toEqual([status, status, status, status]);
  expect(statuses(back)).toEqual(['PENDING', 'PENDING', 'PENDING', 'PENDING']);
  expect(projected(approvalInboxProjection, recorded([requested]))[`${approvalId}:aya`]?.status).toBe('PENDING');
});
