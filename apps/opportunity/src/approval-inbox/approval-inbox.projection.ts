import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import type { ApprovalEvent, ApprovalEvents, ApprovalStatus } from '#libs/events/src/opportunity.js';
import { InboxRow } from './approval-inbox.entity.js';

/** Whom each request waits for. */
export const approvalInboxProjection = projection<InboxRow, ApprovalEvents>({
  name: 'approval_inbox',
  version: 1,
  entity: InboxRow,
  on: {
    'approval.requested': {
      keys: ({ data }) => keysOf(data, everybody(data)),
      evolve: (_row, event, key) => asked(event, key, stepOf(event.data, key)),
    },
    'approval.updated': {
      keys: ({ data }) => keysOf(data, [...everybody(data), ...data.formerApprovers]),
      evolve: (row, event, key) => {
        const step = stepOf(event.data, key);
        return step === -1 ? undefined : { ...asked(event, key, step), ...(row && { askedAt: row.askedAt }) };
      },
    },
    'approval.step_decided': {
      keys: ({ data }) => keysOf(data, [data.approverId]),
      evolve: (row, { data: { decision } }) => row && { ...row, decision, waiting: false },
    },
    'approval.step_reached': {
      keys: ({ data }) => keysOf(data, [...data.approvers, ...data.formerApprovers]),
      evolve: (row, { data }) => row && { ...row, waiting: data.approvers.includes(row.approverId) },
    },
    'approval.approved': { many: becomes('APPROVED') },
    'approval.rejected': { many: becomes('REJECTED') },
    'approval.recalled': { many: becomes('RECALLED') },
    'approval.restored': { many: becomes('PENDING') },
    'approval.reassigned': {
      keys: ({ data }) => keysOf(data, data.toUserId === null ? [data.fromUserId] : [data.fromUserId, data.toUserId]),
      evolve: (_row, event, key) => {
        const { approvalId, fromUserId, step, waits } = event.data;
        return key === keyOf(approvalId, fromUserId) ? undefined : { ...asked(event, key, step), waiting: waits };
      },
    },
    'approval.escalated': {
      keys: ({ data }) => keysOf(data, [data.escalatedTo]),
      evolve: (_row, event, key) => ({ ...asked(event, key, event.data.step), waiting: true }),
    },
  },
});

function keyOf(approvalId: string, approverId: string): string {
  return `${approvalId}:${approverId}`;
}

function keysOf({ approvalId }: ApprovalEvent['data'], approvers: readonly string[]): string[] {
  return approvers.map((id) => keyOf(approvalId, id));
}

type Steps = Pick<ApprovalEvents['approval.requested'], 'approvalId' | 'steps'>;

function everybody({ steps }: Steps): string[] {
  return steps.flatMap(({ approvers }) => approvers);
}

function stepOf({ approvalId, steps }: Steps, key: string): number {
  return steps.findIndex(({ approvers }) => approvers.some((id) => keyOf(approvalId, id) === key));
}

function asked({ data: { approvalId }, metadata }: RecordedEvent<ApprovalEvent>, key: string, step: number): InboxRow {
  return {
    id: key,
    approvalId,
    approverId: key.slice(approvalId.length + 1),
    step,
    status: 'PENDING',
    waiting: step === 0,
    decision: null,
    askedAt: new Date(metadata.occurredAt),
  };
}

function becomes(status: ApprovalStatus) {
  return ({ data: { approvalId } }: { readonly data: { readonly approvalId: string } }) => ({
    where: { approvalId },
    set: { status },
  });
}
