import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ApprovalStatus } from '#libs/events/src/opportunity.js';

/** One approver of one request. */
@Entity({
  name: 'approval_inbox',
  synchronize: false,
  comment: 'One row for each approver of each request, and for each user whom a step was escalated to.',
})
@Index(['approverId', 'askedAt', 'id'])
@Index(['approverId', 'status', 'waiting', 'askedAt', 'id'])
@Index(['approvalId'])
export class InboxRow {
  @PrimaryColumn('text', { comment: 'Ids of the request and of the approver, with a colon between.' }) id: string;
  @Column({ name: 'approval_id', type: 'uuid', comment: 'Id of the request.' }) approvalId: string;
  @Column({ name: 'approver_id', type: 'text', comment: 'Id of the approver.' }) approverId: string;
  @Column('integer', { comment: 'The step in which they are asked, from 0.' }) step: number;
  @Column('text', { comment: 'Of the request: PENDING, APPROVED, REJECTED or RECALLED.' }) status: ApprovalStatus;
  @Column('boolean', { comment: 'Whether it is their turn, and they have not decided; counts while it is PENDING.' })
  waiting: boolean;
  @Column('text', { nullable: true, comment: 'What was decided in their name: approved or rejected; null if nothing.' })
  decision: 'approved' | 'rejected' | null;
  @Column({ name: 'asked_at', type: 'timestamptz', comment: 'When they were named.' }) askedAt: Date;
}
