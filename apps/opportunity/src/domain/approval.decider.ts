import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { ApprovalContent, ApprovalEvent } from '#libs/events/src/opportunity.js';
import type {
  ApprovalCommand,
  MoveApproval,
  RecallApproval,
  RequestApproval,
  RestoreApproval,
  UpdateApproval,
  WithdrawApproval,
} from './approval-commands.js';
import {
  type ApprovalRefusal,
  type ApprovalState,
  beginsToWait,
  type Decision,
  ended,
  everybody,
  factsOf,
  notFound,
  withdrawn,
  type WrittenApproval,
} from './approval.js';
import { runTimer } from './approval-timer.js';
import { decideApproval } from './decisions.js';
import { refusePeople } from './people.js';
import { replaceApprover } from './replacements.js';

export const approvalDecider: Decider<ApprovalState, ApprovalCommand, ApprovalEvent, ApprovalRefusal> = {
  category: 'approval',
  initialState: { status: 'none' },
  decide,
  evolve,
};

function decide(command: ApprovalCommand, approval: ApprovalState): Decision {
  switch (command.type) {
    case 'request_approval':
      return request(command, approval);
    case 'update_approval':
      return update(command, approval);
    case 'decide_approval':
      return decideApproval(command, approval);
    case 'recall_approval':
      return recall(command, approval);
    case 'withdraw_approval':
      return withdraw(command, approval);
    case 'restore_approval':
      return restore(command, approval);
    case 'replace_approver':
      return replaceApprover(command, approval);
    case 'move_approval':
      return move(command, approval);
    case 'run_approval_timer':
      return runTimer(command, approval);
    default:
      return unreachable(command);
  }
}

function request(command: RequestApproval, approval: ApprovalState): Decision {
  const { target: approvalId, context } = command;
  if (approval.status !== 'none') {
    return new Refusal('approval_exists', 'A request with this id exists. Read it before you make another one.');
  }
  const { findings, customerId, ...content } = command.data;
  const requesterId = context.actor.id;
  const refused = refusePeople(findings) ?? refuseApprovers(content, requesterId);
  if (refused) return refused;
  const data = { approvalId, requesterId, customerId, ...content, ...beginsToWait(content, command) };
  return [{ type: 'approval.requested', data }];
}

function update(command: UpdateApproval, approval: ApprovalState): Decision {
  if (approval.status === 'none') return notFound();
  if (approval.status !== 'PENDING') return ended(approval);
  if (command.context.actor.id !== approval.requesterId) return notTheRequester(approval);
  const { findings, ...changes } = command.data;
  const refused = refusePeople(findings) ?? refuseApprovers(changes, approval.requesterId);
  if (refused) return refused;
  const content: ApprovalContent = { ...changes, subject: approval.subject };
  const changed = Object.entries(content).flatMap(([field, value]) =>
    JSON.stringify(value) === JSON.stringify(approval[field as keyof ApprovalContent]) ? [] : [field],
  );
  if (changed.length === 0) return [];
  if (approval.decisions.length > 0) {
    const detail = 'Somebody has decided on this request as it is. Recall it, and make a new one.';
    return new Refusal('approval_in_progress', detail, { decisions: approval.decisions });
  }
  const asked = everybody({ ...content, escalatedTo: null });
  const formerApprovers = everybody(approval).filter((id) => !asked.includes(id));
  const data = { ...factsOf(approval), ...content, ...beginsToWait(content, command), changed, formerApprovers };
  return [{ type: 'approval.updated', data }];
}

function refuseApprovers(
  { steps, escalateTo }: Pick<ApprovalContent, 'steps' | 'escalateTo'>,
  requesterId: string,
): Refusal<ApprovalRefusal> | undefined {
  const named = [...steps.flatMap(({ approvers }) => approvers), ...(escalateTo === null ? [] : [escalateTo])];
  if (named.includes(requesterId)) {
    return new Refusal('self_approval', 'Nobody approves their own request. Name somebody else.');
  }
  const repeated = named.filter((id, index) => named.indexOf(id) !== index);
  if (repeated.length === 0) return undefined;
  const detail = 'Each approver decides once: name everybody in one step only, and escalate to somebody else.';
  return new Refusal('approver_repeated', detail, { userIds: repeated });
}

function recall({ data, context }: RecallApproval, approval: ApprovalState): Decision {
  if (approval.status === 'none') return notFound();
  if (approval.status !== 'PENDING') return ended(approval);
  const { id } = context.actor;
  if (id !== approval.requesterId && !data.asAdministrator) return notTheRequester(approval);
  const recalled = { recalledBy: { id }, reason: 'requested', recalledAt: context.occurredAt } as const;
  return [{ type: 'approval.recalled', data: { ...factsOf(approval), ...recalled, comment: data.comment } }];
}

function notTheRequester({ requesterId }: WrittenApproval): Refusal<ApprovalRefusal> {
  const detail = `Only ${requesterId}, who made this request, changes or recalls it. Ask them, or an administrator to recall it.`;
  return new Refusal('not_the_requester', detail, { requesterId });
}

function withdraw({ data, context }: WithdrawApproval, approval: ApprovalState): Decision {
  return approval.status === 'PENDING' ? [withdrawn(approval, data.reason, context.occurredAt)] : [];
}

function restore(command: RestoreApproval, approval: ApprovalState): Decision {
  const { reason } = command.data;
  if (approval.status !== 'RECALLED' || approval.reason !== reason) return [];
  const data = { ...factsOf(approval), reason, ...beginsToWait(approval, command) };
  return [{ type: 'approval.restored', data }];
}

function move({ data: { customerId } }: MoveApproval, approval: ApprovalState): Decision {
  if (approval.status === 'none' || approval.customerId === null || approval.customerId === customerId) return [];
  const data = { ...factsOf(approval), customerId, previousCustomerId: approval.customerId };
  return [{ type: 'approval.moved', data }];
}

function evolve(approval: ApprovalState, event: ApprovalEvent): ApprovalState {
  if (event.type === 'approval.requested') {
    return { status: 'PENDING', ...event.data, ...newStep, step: 0, decisions: [] };
  }
  return approval.status === 'none' ? approval : evolveWritten(approval, event);
}

const newStep = { reminders: 0, escalatedTo: null };

function evolveWritten(
  approval: WrittenApproval,
  event: Exclude<ApprovalEvent, { type: 'approval.requested' }>,
): ApprovalState {
  switch (event.type) {
    case 'approval.updated': {
      const { changed: _changed, formerApprovers: _former, ...content } = event.data;
      return { ...approval, ...content, ...newStep };
    }
    case 'approval.step_decided': {
      const { step, decision, approverId, decidedBy, via, decidedAt } = event.data;
      const made = { step, decision, approverId, decidedBy, via, decidedAt };
      return { ...approval, decisions: [...approval.decisions, made] };
    }
    case 'approval.step_reached': {
      const { step, startedAt, nextTimerAt } = event.data;
      return { ...approval, ...newStep, step, startedAt, nextTimerAt };
    }
    case 'approval.approved':
    case 'approval.rejected': {
      const { decidedBy: by, onBehalfOf, decidedAt: at } = event.data;
      const status = event.type === 'approval.approved' ? 'APPROVED' : 'REJECTED';
      return { ...approval, status, end: { by, onBehalfOf, at } };
    }
    case 'approval.recalled': {
      const { recalledBy, recalledAt, reason } = event.data;
      return { ...approval, status: 'RECALLED', reason, end: { by: recalledBy.id, onBehalfOf: null, at: recalledAt } };
    }
    case 'approval.restored': {
      if (approval.status !== 'RECALLED') return approval;
      const { startedAt, nextTimerAt } = event.data;
      const { end: _end, reason: _reason, ...written } = approval;
      return { ...written, status: 'PENDING', startedAt, nextTimerAt };
    }
    case 'approval.reassigned': {
      const { step, fromUserId, toUserId } = event.data;
      if (approval.escalatedTo === fromUserId) return { ...approval, escalatedTo: toUserId };
      const steps = approval.steps.map((each, index) => {
        if (index !== step) return each;
        const approvers = each.approvers.flatMap((id) =>
          id !== fromUserId ? [id] : toUserId === null ? [] : [toUserId],
        );
        return { ...each, approvers };
      });
      return { ...approval, steps };
    }
    case 'approval.reminded':
      return { ...approval, reminders: event.data.number, nextTimerAt: event.data.nextTimerAt };
    case 'approval.escalated':
      return { ...approval, escalatedTo: event.data.escalatedTo, nextTimerAt: event.data.nextTimerAt };
    case 'approval.moved':
      return { ...approval, customerId: event.data.customerId };
    default:
      return unreachable(event);
  }
}
