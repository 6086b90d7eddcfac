import type { EventOfType, RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import type { ApprovalContent, ApprovalEvent, ApprovalEvents } from '#libs/events/src/opportunity.js';
import { textsOf, whenTextsErased } from '../texts-of.js';
import { ApprovalRow, type StepRow } from './approval.entity.js';

export const approvalListProjection = projection<ApprovalRow, ApprovalEvents & ErasureEvents>({
  name: 'approval_list',
  version: 1,
  entity: ApprovalRow,
  on: {
    'approval.requested': {
      keys: approvalId,
      evolve: (_row, event) => {
        const { approvalId: id, requesterId, customerId, subject } = event.data;
        return {
          id,
          requesterId,
          customerId,
          subjectType: subject.type,
          subjectId: subject.id,
          ...content(event),
          ...waits(event),
          step: 0,
          escalatedTo: null,
          requestedAt: new Date(event.metadata.occurredAt),
          correlationId: event.metadata.correlationId,
          ...touched(event),
        };
      },
    },
    'approval.updated': {
      keys: approvalId,
      evolve: (row, event) =>
        row && { ...row, ...content(event), ...waits(event), escalatedTo: null, ...touched(event) },
    },
    'approval.step_decided': {
      keys: approvalId,
      evolve: (row, event) => {
        const { step, decision, approverId, decidedBy, via, decidedAt } = event.data;
        const made = { decision, approverId, decidedBy, via, decidedAt };
        const decided = (each: StepRow): StepRow => ({ ...each, decisions: [...each.decisions, made] });
        return row && { ...row, steps: changed(row.steps, step, decided), ...touched(event) };
      },
    },
    'approval.step_reached': {
      keys: approvalId,
      evolve: (row, event) =>
        row && { ...row, ...waits(event), step: event.data.step, escalatedTo: null, ...touched(event) },
    },
    'approval.approved': { keys: approvalId, evolve: (row, event) => row && ended(row, 'APPROVED', event) },
    'approval.rejected': { keys: approvalId, evolve: (row, event) => row && ended(row, 'REJECTED', event) },
    'approval.recalled': {
      keys: approvalId,
      evolve: (row, event) =>
        row && {
          ...row,
          status: 'RECALLED',
          recallReason: event.data.reason,
          endedBy: event.data.recalledBy.id,
          endedAt: new Date(event.data.recalledAt),
          dueAt: null,
          ...touched(event),
        },
    },
    'approval.restored': {
      keys: approvalId,
      evolve: (row, event) => row && { ...row, ...waits(event), ...touched(event) },
    },
    'approval.reassigned': {
      keys: approvalId,
      evolve: (row, event) => {
        if (!row) return row;
        const { step, fromUserId, toUserId } = event.data;
        if (row.escalatedTo === fromUserId) return { ...row, escalatedTo: toUserId, ...touched(event) };
        const replaced = (each: StepRow): StepRow => ({
          ...each,
          approvers: each.approvers.flatMap((id) => (id === fromUserId ? (toUserId ?? []) : id)),
        });
        return { ...row, steps: changed(row.steps, step, replaced), ...touched(event) };
      },
    },
    'approval.reminded': {
      keys: approvalId,
      evolve: (row, event) => row && { ...row, dueAt: new Date(event.data.nextTimerAt), ...touched(event) },
    },
    'approval.escalated': {
      keys: approvalId,
      evolve: (row, event) => {
        const { escalatedTo, nextTimerAt } = event.data;
        return row && { ...row, escalatedTo, dueAt: new Date(nextTimerAt), ...touched(event) };
      },
    },
    'approval.moved': {
      keys: approvalId,
      evolve: (row, event) => row && { ...row, customerId: event.data.customerId, ...touched(event) },
    },
    ...whenTextsErased<ApprovalRow>({ title: erased, description: erased }),
  },
});

function approvalId({ data }: RecordedEvent<ApprovalEvent>): string[] {
  return [data.approvalId];
}

function content({ data }: RecordedEvent<EventOfType<ApprovalEvent, 'approval.requested' | 'approval.updated'>>) {
  const { title, description, amount, steps, remindAfterHours, escalateAfterHours, escalateTo }: ApprovalContent = data;
  return {
    title,
    description,
    amount: amount === null ? null : String(amount),
    steps: steps.map((step) => ({ ...step, decisions: [] })),
    remindAfterHours,
    escalateAfterHours,
    escalateTo,
    textsOf: textsOf(data.customerId, data.requesterId),
  };
}

function waits({ data }: { readonly data: { readonly nextTimerAt: string } }) {
  return {
    status: 'PENDING',
    recallReason: null,
    endedBy: null,
    endedOnBehalfOf: null,
    endedAt: null,
    dueAt: new Date(data.nextTimerAt),
  } as const;
}

function ended(
  row: ApprovalRow,
  status: 'APPROVED' | 'REJECTED',
  event: RecordedEvent<EventOfType<ApprovalEvent, 'approval.approved' | 'approval.rejected'>>,
): ApprovalRow {
  const { decidedBy: endedBy, onBehalfOf: endedOnBehalfOf, decidedAt } = event.data;
  return { ...row, status, endedBy, endedOnBehalfOf, endedAt: new Date(decidedAt), dueAt: null, ...touched(event) };
}

function changed(steps: readonly StepRow[], step: number, change: (each: StepRow) => StepRow): readonly StepRow[] {
  return steps.map((each, index) => (index === step ? change(each) : each));
}

function touched({ revision, metadata }: RecordedEvent): Pick<ApprovalRow, 'revision' | 'updatedAt'> {
  return { revision, updatedAt: new Date(metadata.occurredAt) };
}
