import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ApprovalDecision, ApprovalStatus, ApprovalStep, RecallReason } from '#libs/events/src/opportunity.js';

/** A step with what was decided in it. */
export interface StepRow extends ApprovalStep {
  readonly decisions: readonly Omit<ApprovalDecision, 'step'>[];
}

/** One approval request as it stands. */
@Entity({ name: 'approval_list', synchronize: false, comment: 'One row for each approval request as it stands.' })
@Index(['requestedAt', 'id'])
@Index(['status', 'requestedAt', 'id'])
@Index(['requesterId', 'requestedAt', 'id'])
@Index(['customerId', 'requestedAt', 'id'])
@Index(['subjectId'])
@Index(['textsOf'])
@Index(['dueAt', 'id'])
export class ApprovalRow {
  @PrimaryColumn('uuid', { comment: 'Id of the request.' }) id: string;
  @Column('integer', { comment: 'Number of the newest event in the stream of the request, from 0.' }) revision: number;
  @Column('text', { comment: 'PENDING, APPROVED, REJECTED or RECALLED.' }) status: ApprovalStatus;
  @Column({ name: 'subject_type', type: 'text', comment: 'What it is about, like deal.' }) subjectType: string;
  @Column({ name: 'subject_id', type: 'text', nullable: true, comment: 'Id of that; null where it has none.' })
  subjectId: string | null;
  @Column('text', { comment: 'What is asked for, in one line. Personal.' }) title: string;
  @Column('text', { nullable: true, comment: 'More about it. Personal.' }) description: string | null;
  @Column('bigint', { nullable: true, comment: 'Amount in whole yen; null where there is none.' }) amount:
    string | null;
  @Column({ name: 'requester_id', type: 'text', comment: 'Id of who asks: a user or a machine client.' })
  requesterId: string;
  @Column({
    name: 'customer_id',
    type: 'uuid',
    nullable: true,
    comment: 'Id of the customer; null where there is none.',
  })
  customerId: string | null;
  @Column('jsonb', { comment: 'The steps with their rule, their approvers and what these have decided.' })
  steps: readonly StepRow[];
  @Column('integer', { comment: 'The step that waits, or waited last, from 0.' }) step: number;
  @Column({ name: 'escalated_to', type: 'text', nullable: true, comment: 'Id of who may settle this step alone.' })
  escalatedTo: string | null;
  @Column({ name: 'escalate_to', type: 'text', nullable: true, comment: 'Id of whom it is to be escalated to.' })
  escalateTo: string | null;
  @Column({ name: 'remind_after_hours', type: 'integer', comment: 'How long a step waits before a reminder.' })
  remindAfterHours: number;
  @Column({ name: 'escalate_after_hours', type: 'integer', comment: 'How long a step waits before an escalation.' })
  escalateAfterHours: number;
  @Column({ name: 'recall_reason', type: 'text', nullable: true, comment: 'Why it was recalled; null if it was not.' })
  recallReason: RecallReason | null;
  @Column({ name: 'ended_by', type: 'text', nullable: true, comment: 'Id of who ended it, or system.' })
  endedBy: string | null;
  @Column({
    name: 'ended_on_behalf_of',
    type: 'text',
    nullable: true,
    comment: 'Id of the approver in whose place it was decided; null if they did it themselves.',
  })
  endedOnBehalfOf: string | null;
  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true, comment: 'When it ended; null before.' })
  endedAt: Date | null;
  @Column({ name: 'requested_at', type: 'timestamptz', comment: 'When it was asked for.' }) requestedAt: Date;
  @Column({ name: 'updated_at', type: 'timestamptz', comment: 'When its newest event happened.' }) updatedAt: Date;
  @Column({
    name: 'due_at',
    type: 'timestamptz',
    nullable: true,
    comment: 'When the next reminder or escalation is due; null once it has ended.',
  })
  dueAt: Date | null;
  @Column({ name: 'texts_of', type: 'text', comment: 'Whom its texts tell of: customer:<id> or user:<id>.' })
  textsOf: string;
  @Column({ name: 'correlation_id', type: 'text', comment: 'Joins everything that one request has caused.' })
  correlationId: string;
}
