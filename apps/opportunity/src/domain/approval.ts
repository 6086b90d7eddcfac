import type { Command } from '#libs/event-sourcing/src/command.js';
import { Refusal } from '#libs/event-sourcing/src/decider.js';
import type { ApprovalContent, ApprovalDecision, ApprovalEvent, RecallReason } from '#libs/events/src/opportunity.js';
import type { PeopleRefusal } from './people.js';

interface Written extends ApprovalContent {
  readonly approvalId: string;
  readonly requesterId: string;
  readonly customerId: string | null;
  /** The step that waits, from 0. */
  readonly step: number;
  /** When it began to wait. */
  readonly startedAt: string;
  readonly nextTimerAt: string;
  /** Of this step. */
  readonly reminders: number;
  /** May settle this step alone. */
  readonly escalatedTo: string | null;
  readonly decisions: readonly ApprovalDecision[];
}

/** Who ended a request, for those who come too late. */
export interface End {
  readonly by: string;
  readonly onBehalfOf: string | null;
  readonly at: string;
}

export type ApprovalState =
  | { readonly status: 'none' }
  | ({ readonly status: 'PENDING' } & Written)
  | ({ readonly status: 'APPROVED'; readonly end: End } & Written)
  | ({ readonly status: 'REJECTED'; readonly end: End } & Written)
  | ({ readonly status: 'RECALLED'; readonly end: End; readonly reason: RecallReason } & Written);

export type WrittenApproval = Exclude<ApprovalState, { status: 'none' }>;
export type PendingApproval = Extract<ApprovalState, { status: 'PENDING' }>;

export type ApprovalRefusal =
  | PeopleRefusal
  | 'approval_not_found'
  | 'approval_exists'
  | 'approval_ended'
  | 'approval_in_progress'
  | 'approver_repeated'
  | 'self_approval'
  | 'not_the_requester'
  | 'not_an_approver'
  | 'delegation_ambiguous'
  | 'step_already_decided'
  | 'step_not_reached'
  | 'approver_already_decided';

export type Decision = readonly ApprovalEvent[] | Refusal<ApprovalRefusal>;

export function notFound(): Refusal<ApprovalRefusal> {
  return new Refusal('approval_not_found', 'No approval request has this id. GET /api/approvals lists them.');
}

/** Tells whoever comes too late who was first. */
export function ended({ status, end }: Exclude<WrittenApproval, PendingApproval>): Refusal<ApprovalRefusal> {
  const inPlaceOf = end.onBehalfOf === null ? '' : ` in the place of ${end.onBehalfOf}`;
  return new Refusal(
    'approval_ended',
    `${end.by} ended this request${inPlaceOf} at ${end.at}: it is ${status}. Make a new one if it is still needed.`,
    { approvalStatus: status, decidedBy: end.by, onBehalfOf: end.onBehalfOf, decidedAt: end.at },
  );
}

/** The end of a request as a consequence of something else. */
export function withdrawn(
  approval: PendingApproval,
  reason: Exclude<RecallReason, 'requested'>,
  recalledAt: string,
): ApprovalEvent {
  const data = { ...factsOf(approval), recalledBy: { id: 'system' }, reason, recalledAt, comment: null };
  return { type: 'approval.recalled', data };
}

/** What every event of a request tells of it. */
export function factsOf({ approvalId, requesterId, customerId }: WrittenApproval) {
  return { approvalId, requesterId, customerId };
}

/** Who may decide the step that waits: its approvers, and whom it was escalated to. */
export function principals({ steps, step, escalatedTo }: WrittenApproval): readonly string[] {
  const { approvers } = steps[step] ?? { approvers: [] };
  return escalatedTo === null ? approvers : [...approvers, escalatedTo];
}

export function everybody({ steps, escalatedTo }: Pick<WrittenApproval, 'steps' | 'escalatedTo'>): readonly string[] {
  return [...steps.flatMap(({ approvers }) => approvers), ...(escalatedTo === null ? [] : [escalatedTo])];
}

/** Approvers of the step that waits who have not decided. */
export function undecided(approval: WrittenApproval): readonly string[] {
  const { approvers } = approval.steps[approval.step] ?? { approvers: [] };
  return approvers.filter((id) => decisionOf(approval, id) === undefined);
}

/** What was decided in the step that waits in the name of an approver. */
export function decisionOf({ decisions, step }: WrittenApproval, approverId: string): ApprovalDecision | undefined {
  return decisions.find((decision) => decision.step === step && decision.approverId === approverId);
}

export function hoursAfter(instant: string, hours: number): string {
  return new Date(Date.parse(instant) + hours * 3_600_000).toISOString();
}

/** A step that begins to wait, and when its timer is due first. */
export function beginsToWait(
  { remindAfterHours, escalateAfterHours }: Pick<ApprovalContent, 'remindAfterHours' | 'escalateAfterHours'>,
  { context }: Pick<Command, 'context'>,
) {
  const startedAt = context.occurredAt;
  return { startedAt, nextTimerAt: hoursAfter(startedAt, Math.min(remindAfterHours, escalateAfterHours)) };
}
