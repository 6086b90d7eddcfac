import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One decision on a request, or its recall. */
@Entity({
  name: 'approval_decision_list',
  synchronize: false,
  comment: 'One row for each decision on an approval request, and for its recall.',
})
@Index(['approvalId', 'decidedAt', 'id'])
@Index(['textsOf'])
export class ApprovalDecisionRow {
  @PrimaryColumn('uuid', { comment: 'Id of the event that says so.' }) id: string;
  @Column({ name: 'approval_id', type: 'uuid', comment: 'Id of the request.' }) approvalId: string;
  @Column('text', { comment: 'approved, rejected or recalled.' }) decision: 'approved' | 'rejected' | 'recalled';
  @Column('integer', { nullable: true, comment: 'The step that it was decided in, from 0; null for a recall.' })
  step: number | null;
  @Column({
    name: 'approver_id',
    type: 'text',
    nullable: true,
    comment: 'Id of the approver in whose name; null for a recall.',
  })
  approverId: string | null;
  @Column({ name: 'decided_by', type: 'text', comment: 'Id of who decided, or system.' }) decidedBy: string;
  @Column('jsonb', { comment: 'Ids of the delegates from the approver to who decided; empty without a delegation.' })
  via: readonly string[];
  @Column('text', { nullable: true, comment: 'What they said about it. Personal.' }) comment: string | null;
  @Column({ name: 'decided_at', type: 'timestamptz', comment: 'When it was decided.' }) decidedAt: Date;
  @Column({ name: 'texts_of', type: 'text', comment: 'Whom the comment tells of: customer:<id> or user:<id>.' })
  textsOf: string;
}
