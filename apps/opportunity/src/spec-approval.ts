/** What specs of an approval's decider tell of: one request in two steps. */
import type { EventOfType } from '#libs/event-sourcing/src/event.js';
import type { ApprovalContent, ApprovalEvent, ApprovalEvents } from '#libs/events/src/opportunity.js';
import { testContext } from '#libs/testing/src/given.js';
import { DecideApproval } from './domain/approval-commands.js';

export const approvalId = 'a1';
export const facts = { approvalId, requesterId: 'rie', customerId: 'c1' };
export const now = '2026-01-05T09:00:00.000Z';
export const content: ApprovalContent = {
  subject: { type: 'deal', id: 'd1' },
  title: 'A discount of 15 %',
  description: null,
  amount: 1_500_000,
  steps: [
    { rule: 'any_of', approvers: ['akira', 'aya'] },
    { rule: 'all_of', approvers: ['ben', 'bo'] },
  ],
  remindAfterHours: 24,
  escalateAfterHours: 72,
  escalateTo: null,
};
export const waiting = { startedAt: now, nextTimerAt: '2026-01-06T09:00:00.000Z' };
export const requested: ApprovalEvent = { type: 'approval.requested', data: { ...facts, ...content, ...waiting } };
export const known = { users: { akira: 'active', aya: 'active', ben: 'active', bo: 'active' } } as const;

export function by(id: string, occurredAt = now) {
  return testContext({ actor: { id, role: 'SALES' }, occurredAt });
}

export function decide(
  who: string,
  decision: 'approved' | 'rejected' = 'approved',
  data: Partial<DecideApproval['data']> = {},
): DecideApproval {
  return new DecideApproval(approvalId, { decision, comment: null, standsFor: {}, ...data }, by(who));
}

export function decided(
  step: number,
  approverId: string,
  changes: Partial<ApprovalEvents['approval.step_decided']> = {},
): ApprovalEvent {
  const decision = { step, decision: 'approved', approverId, decidedBy: approverId, via: [], decidedAt: now } as const;
  return { type: 'approval.step_decided', data: { ...facts, ...decision, comment: null, ...changes } };
}

export const reached: EventOfType<ApprovalEvent, 'approval.step_reached'> = {
  type: 'approval.step_reached',
  data: { ...facts, ...waiting, step: 1, approvers: ['ben', 'bo'], formerApprovers: ['akira', 'aya'] },
};
/** The same, after other approvers. */
export function after(event: typeof reached, ...formerApprovers: readonly string[]): ApprovalEvent {
  return { ...event, data: { ...event.data, formerApprovers } };
}
export const outcome = { ...facts, subject: content.subject, amount: content.amount, decidedAt: now, comment: null };
export const recalled = (reason: 'customer_deleted' | 'requested', id = 'system'): ApprovalEvent => ({
  type: 'approval.recalled',
  data: { ...facts, recalledBy: { id }, reason, recalledAt: now, comment: null },
});
export const endings: Readonly<Record<string, readonly ApprovalEvent[]>> = {
  approved: [
    decided(0, 'aya'),
    { type: 'approval.approved', data: { ...outcome, decidedBy: 'bo', onBehalfOf: 'ben' } },
  ],
  rejected: [{ type: 'approval.rejected', data: { ...outcome, decidedBy: 'aya', onBehalfOf: null } }],
  recalled: [recalled('requested', 'rie')],
};
