/** What becomes of a request when one of its approvers is gone. */
import type { ApprovalEvent } from '#libs/events/src/opportunity.js';
import type { ReplaceApprover } from './approval-commands.js';
import {
  type ApprovalState,
  type Decision,
  everybody,
  factsOf,
  type PendingApproval,
  undecided,
  withdrawn,
} from './approval.js';

/**
 * A substitute takes the place. Without one, the others of an `any_of` step are enough; where they are not, the request
 * ends. What the approver had decided counts.
 */
export function replaceApprover({ data, context }: ReplaceApprover, approval: ApprovalState): Decision {
  if (approval.status !== 'PENDING') return [];
  const { userId } = data;
  const toUserId = firstThatFits(data.substitutes, approval);
  const reassigned = (step: number): ApprovalEvent => {
    const data = { ...factsOf(approval), step, fromUserId: userId, toUserId, waits: step === approval.step };
    return { type: 'approval.reassigned', data: { ...data, cause: 'user_deleted' } };
  };
  // The step has approvers of its own; without the one whom it was escalated to it goes on with them.
  if (approval.escalatedTo === userId) return [reassigned(approval.step)];
  const step = approval.steps.findIndex(({ approvers }, index) => index >= approval.step && approvers.includes(userId));
  const found = approval.steps[step];
  if (!found || (step === approval.step && !undecided(approval).includes(userId))) return [];
  if (toUserId === null && (found.rule === 'all_of' || found.approvers.length === 1)) {
    return [withdrawn(approval, 'approver_deleted', context.occurredAt)];
  }
  return [reassigned(step)];
}

export function firstThatFits(users: readonly string[], approval: PendingApproval): string | null {
  const taken = new Set([approval.requesterId, ...everybody(approval)]);
  return users.find((id) => !taken.has(id)) ?? null;
}
