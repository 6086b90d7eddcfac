import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import {
  type ApprovalDecision,
  type ApprovalStatus,
  approvalStatuses,
  type RecallReason,
  stepRules,
} from '#libs/events/src/opportunity.js';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import type { Shown } from '#libs/http/src/shown-rows.js';
import { PlainText } from '#libs/http/src/text-rules.js';
import { Flag, Optional, Uuid } from '#libs/http/src/validation.js';
import type { Names } from '../known-people.js';
import type { ApprovalRow } from './approval.entity.js';

class SubjectQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid' })
  @Optional()
  @Uuid()
  customerId?: string;

  @ApiPropertyOptional({ example: 'deal' })
  @Optional()
  @PlainText(40)
  subjectType?: string;

  @ApiPropertyOptional()
  @Optional()
  @PlainText(128)
  subjectId?: string;
}

export class RequesterQuery extends SubjectQuery {
  @ApiPropertyOptional({ enum: approvalStatuses })
  @Optional()
  @IsIn(approvalStatuses)
  status?: ApprovalStatus;
}

export class ApprovalQuery extends RequesterQuery {
  @ApiPropertyOptional()
  @Optional()
  @PlainText(128)
  requesterId?: string;
}

export class PendingQuery extends SubjectQuery {
  @ApiPropertyOptional()
  @Optional()
  @PlainText(128)
  requesterId?: string;
}

export class ApproverQuery extends PageQuery {
  @ApiPropertyOptional({ enum: approvalStatuses })
  @Optional()
  @IsIn(approvalStatuses)
  status?: ApprovalStatus;

  @ApiPropertyOptional({ description: 'true: only those that wait for this user now; false: only the others.' })
  @Optional()
  @Flag()
  waiting?: boolean;

  @ApiPropertyOptional({
    default: false,
    description: 'true: also what those are asked for whose delegations lead to this user now.',
  })
  @Optional()
  @Flag()
  delegated: boolean = false;
}

export class UserParams {
  @ApiProperty({ description: 'Id of a user, or of a machine client.' })
  @PlainText(128)
  userId: string;
}

class SubjectView {
  @ApiProperty({ example: 'deal' }) type: string;
  @ApiProperty({ type: String, nullable: true }) id: string | null;
}

class StepDecisionView {
  @ApiProperty({ enum: ['approved', 'rejected'] }) decision: ApprovalDecision['decision'];
  @ApiProperty({ description: 'The approver in whose name.' }) approverId: string;
  @ApiProperty({ description: 'Who decided: the approver, or who stood in for them.' }) decidedBy: string;
  @ApiProperty({ type: [String], description: 'The delegates from one to the other.' }) via: readonly string[];
  @ApiProperty({ format: 'date-time' }) decidedAt: string;
}

class StepView {
  @ApiProperty({ enum: stepRules }) rule: (typeof stepRules)[number];
  @ApiProperty({ type: [String], description: 'User ids.' }) approvers: readonly string[];
  @ApiProperty({ type: [StepDecisionView] }) decisions: readonly StepDecisionView[];
}

const nullableText = { type: String, nullable: true } as const;
const nullableInstant = { ...nullableText, format: 'date-time' } as const;

export class ApprovalView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ enum: approvalStatuses }) status: ApprovalStatus;
  @ApiProperty() subject: SubjectView;
  @ApiProperty() title: string;
  @ApiProperty(nullableText) description: string | null;
  @ApiProperty({ type: Number, nullable: true, description: 'Whole yen.' }) amount: number | null;
  @ApiProperty() requesterId: string;
  @ApiProperty({ ...nullableText, description: 'null for a machine client.' }) requesterName: string | null;
  @ApiProperty({ ...nullableText, format: 'uuid' }) customerId: string | null;
  @ApiProperty(nullableText) customerName: string | null;
  @ApiProperty({ type: [StepView] }) steps: readonly StepView[];
  @ApiProperty({ description: 'The step that waits, or waited last, from 0.' }) currentStep: number;
  @ApiProperty({ type: [String], description: 'User ids; none once it has ended.' }) waitingFor: readonly string[];
  @ApiProperty({ ...nullableText, description: 'User who may settle this step alone.' }) escalatedTo: string | null;
  @ApiProperty({ ...nullableText, description: 'User whom a step is escalated to.' }) escalateTo: string | null;
  @ApiProperty() remindAfterHours: number;
  @ApiProperty() escalateAfterHours: number;
  @ApiProperty({ ...nullableInstant, description: 'When the next reminder or escalation is due.' })
  nextTimerAt: string | null;
  @ApiProperty({
    enum: ['requested', 'customer_deleted', 'approver_deleted', 'requester_deleted'],
    type: String,
    nullable: true,
  })
  recallReason: RecallReason | null;
  @ApiProperty({ ...nullableText, description: 'Who decided or recalled it; "system" for a consequence.' })
  endedBy: string | null;
  @ApiProperty({ ...nullableText, description: 'The approver in whose place it was decided, if somebody stood in.' })
  endedOnBehalfOf: string | null;
  @ApiProperty(nullableInstant) endedAt: string | null;
  @ApiProperty({ format: 'date-time' }) requestedAt: string;
  @ApiProperty({ format: 'date-time' }) updatedAt: string;
}

export class ApprovalPage extends PageOf(ApprovalView) {}

export function approvalView(row: Shown<ApprovalRow>, names: Names): ApprovalView {
  const { revision: _r, textsOf: _t, correlationId: _c, subjectType, subjectId, step, dueAt, amount, ...shown } = row;
  return {
    ...shown,
    subject: { type: subjectType, id: subjectId },
    amount: amount === null ? null : Number(amount),
    requesterName: names.get(row.requesterId) ?? null,
    customerName: row.customerId === null ? null : (names.get(row.customerId) ?? null),
    currentStep: step,
    waitingFor: row.status === 'PENDING' ? waitingFor(row) : [],
    nextTimerAt: dueAt,
  };
}

function waitingFor({ steps, step, escalatedTo }: Shown<ApprovalRow>): readonly string[] {
  const { approvers, decisions } = steps[step] ?? { approvers: [], decisions: [] };
  const open = approvers.filter((id) => !decisions.some(({ approverId }) => approverId === id));
  return escalatedTo === null ? open : [...open, escalatedTo];
}
