/** Who may approve or reject a request now, in whose name, and what follows. */
import { Refusal } from '#libs/event-sourcing/src/decider.js';
import type { ApprovalDecision, ApprovalEvent } from '#libs/events/src/opportunity.js';
import type { DecideApproval } from './approval-commands.js';
import {
  type ApprovalRefusal,
  type ApprovalState,
  beginsToWait,
  type Decision,
  decisionOf,
  ended,
  factsOf,
  notFound,
  type PendingApproval,
  principals,
  undecided,
} from './approval.js';

export function decideApproval(command: DecideApproval, approval: ApprovalState): Decision {
  if (approval.status === 'none') return notFound();
  if (approval.status !== 'PENDING') return ended(approval);
  const decidedBy = command.context.actor.id;
  if (decidedBy === approval.requesterId) {
    return new Refusal('self_approval', 'Nobody decides their own request. One of the other approvers has to.');
  }
  const approver = principalOf(command, approval);
  if (approver instanceof Refusal) return approver;
  const before = decisionOf(approval, approver.id);
  if (before) {
    const detail = `${named(before)} ${before.decision} it at ${before.decidedAt}. The others of the step are waited for.`;
    return new Refusal('approver_already_decided', detail, winner(before));
  }

  const { decision, comment } = command.data;
  const made: ApprovalDecision = {
    step: approval.step,
    decision,
    approverId: approver.id,
    decidedBy,
    via: approver.via,
    decidedAt: command.context.occurredAt,
  };
  const decided: ApprovalEvent = { type: 'approval.step_decided', data: { ...factsOf(approval), ...made, comment } };
  const outcome = {
    ...factsOf(approval),
    subject: approval.subject,
    amount: approval.amount,
    decidedBy,
    onBehalfOf: approver.id === decidedBy ? null : approver.id,
    decidedAt: made.decidedAt,
    comment,
  };
  if (decision === 'rejected') return [decided, { type: 'approval.rejected', data: outcome }];
  if (!completes(approver.id, approval)) return [decided];
  const next = approval.steps[approval.step + 1];
  if (!next) return [decided, { type: 'approval.approved', data: outcome }];
  const asked = { approvers: next.approvers, formerApprovers: principals(approval) };
  const reached = { step: approval.step + 1, ...asked, ...beginsToWait(approval, command) };
  return [decided, { type: 'approval.step_reached', data: { ...factsOf(approval), ...reached } }];
}

/** In whose name the caller decides: their own, that of the approver whom they chose, or of the only one there is. */
function principalOf(
  { data, context }: DecideApproval,
  approval: PendingApproval,
): { readonly id: string; readonly via: readonly string[] } | Refusal<ApprovalRefusal> {
  const caller = context.actor.id;
  const asked = principals(approval);
  const { onBehalfOf = asked.includes(caller) ? caller : undefined } = data;
  if (onBehalfOf === caller && asked.includes(caller)) return { id: caller, via: [] };
  // Whoever asks does not choose who decides.
  const chains = Object.entries(data.standsFor).filter(([, via]) => !via.includes(approval.requesterId));
  const open = chains.filter(([id]) => asked.includes(id) && (onBehalfOf === undefined || id === onBehalfOf));
  const [chain] = open;
  if (!chain) return notAsked(onBehalfOf ?? caller, chains, approval);
  if (open.length > 1) {
    const approvers = open.map(([id]) => id);
    const detail = `You may decide in the place of ${approvers.join(' and ')}. Name one of them in onBehalfOf.`;
    return new Refusal('delegation_ambiguous', detail, { approvers });
  }
  return { id: chain[0], via: chain[1].slice(1) };
}

function notAsked(
  who: string,
  chains: readonly (readonly [string, readonly string[]])[],
  { steps, step, decisions }: PendingApproval,
): Refusal<ApprovalRefusal> {
  const names = new Set([who, ...chains.map(([id]) => id)]);
  const place = steps.findIndex(({ approvers }) => approvers.some((id) => names.has(id)));
  const last = decisions.findLast((decision) => decision.step === place);
  if (place !== -1 && place < step && last) {
    const detail = `${named(last)} settled step ${place + 1} at ${last.decidedAt}. Others decide the next one.`;
    return new Refusal('step_already_decided', detail, winner(last));
  }
  if (place > step) {
    const detail = `Step ${place + 1} is yours, and step ${step + 1} is not decided yet. Wait until it is.`;
    return new Refusal('step_not_reached', detail, { step: place, currentStep: step });
  }
  const detail =
    'Only the approvers of this step decide it, and those who stand in for them. Ask one of them for a delegation.';
  return new Refusal('not_an_approver', detail, { step, approvers: steps[step]?.approvers ?? [] });
}

/** Whether an approval of this approver is the last one that the step needs. */
function completes(approverId: string, approval: PendingApproval): boolean {
  const { steps, step, escalatedTo } = approval;
  if (steps[step]?.rule === 'any_of' || approverId === escalatedTo) return true;
  return undecided(approval).every((id) => id === approverId);
}

function named({ approverId, decidedBy }: ApprovalDecision): string {
  return approverId === decidedBy ? decidedBy : `${decidedBy} (in the place of ${approverId})`;
}

function winner({ decision, approverId, decidedBy, decidedAt }: ApprovalDecision) {
  return { decision, decidedBy, onBehalfOf: approverId === decidedBy ? null : approverId, decidedAt };
}
