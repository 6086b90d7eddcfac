import { Command } from '#libs/event-sourcing/src/command.js';
import type { ApprovalContent, RecallReason } from '#libs/events/src/opportunity.js';
import type { Findings } from './people.js';

/** The caller asks for an approval. */
export class RequestApproval extends Command<
  ApprovalContent & { readonly customerId: string | null; readonly findings: Findings }
> {
  override readonly type = 'request_approval';
}

/** What is asked for becomes something else; subject and customer stay. */
export class UpdateApproval extends Command<Omit<ApprovalContent, 'subject'> & { readonly findings: Findings }> {
  override readonly type = 'update_approval';
}

/** The caller approves or rejects, for themselves or in the place of an approver. */
export class DecideApproval extends Command<{
  readonly decision: 'approved' | 'rejected';
  readonly comment: string | null;
  /** Chosen by the caller; absent where there is no choice to make. */
  readonly onBehalfOf?: string;
  /** Approvers who have delegated to the caller at this time, with the chain from the approver to the caller. */
  readonly standsFor: Readonly<Record<string, readonly string[]>>;
}> {
  override readonly type = 'decide_approval';
}

/** The requester, or an administrator, takes the request back. */
export class RecallApproval extends Command<{ readonly comment: string | null; readonly asAdministrator: boolean }> {
  override readonly type = 'recall_approval';
}

/** The request ends because something that it needs is gone. */
export class WithdrawApproval extends Command<{ readonly reason: Exclude<RecallReason, 'requested'> }> {
  override readonly type = 'withdraw_approval';
}

/** What it was withdrawn for is back. */
export class RestoreApproval extends Command<{ readonly reason: 'customer_deleted' }> {
  override readonly type = 'restore_approval';
}

/** An approver is gone: the first of the substitutes that fits is asked in their place. */
export class ReplaceApprover extends Command<{ readonly userId: string; readonly substitutes: readonly string[] }> {
  override readonly type = 'replace_approver';
}

/** The customer became part of another one. */
export class MoveApproval extends Command<{ readonly customerId: string }> {
  override readonly type = 'move_approval';
}

/** What is due is done: approvers are reminded, or the step is escalated to the first candidate that fits. */
export class RunApprovalTimer extends Command<{ readonly candidates: readonly string[] }> {
  override readonly type = 'run_approval_timer';
}

export type ApprovalCommand =
  | RequestApproval
  | UpdateApproval
  | DecideApproval
  | RecallApproval
  | WithdrawApproval
  | RestoreApproval
  | ReplaceApprover
  | MoveApproval
  | RunApprovalTimer;

export const approvalCommands = [
  RequestApproval,
  UpdateApproval,
  DecideApproval,
  RecallApproval,
  WithdrawApproval,
  RestoreApproval,
  ReplaceApprover,
  MoveApproval,
  RunApprovalTimer,
] as const;
