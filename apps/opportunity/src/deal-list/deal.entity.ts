import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { DealStage } from '#libs/events/src/opportunity.js';

/** One deal as it stands. */
@Entity({ name: 'deal_list', synchronize: false, comment: 'One row for each deal as it stands.' })
@Index(['deleted', 'openedAt', 'id'])
@Index(['deleted', 'expectedCloseDate', 'id'])
@Index(['ownerId', 'deleted', 'stage'])
@Index(['customerId', 'openedAt', 'id'])
@Index(['textsOf'])
@Index(['commentOf'])
export class DealRow {
  @PrimaryColumn('uuid', { comment: 'Id of the deal.' }) id: string;
  @Column('integer', { comment: 'Number of the newest event in the stream of the deal, from 0.' }) revision: number;
  @Column({
    name: 'customer_id',
    type: 'uuid',
    nullable: true,
    comment: 'Id of the customer; null where there is none.',
  })
  customerId: string | null;
  @Column({
    name: 'owner_id',
    type: 'text',
    nullable: true,
    comment: 'Id of the user who looks after it; null if nobody.',
  })
  ownerId: string | null;
  @Column('text', { comment: 'What it is about, in one line. Personal.' }) title: string;
  @Column('text', { nullable: true, comment: 'More about it. Personal.' }) description: string | null;
  @Column('bigint', { comment: 'Amount in whole yen.' }) amount: string;
  @Column('text', { comment: 'LEAD, QUALIFIED, PROPOSAL, NEGOTIATION, WON or LOST.' }) stage: DealStage;
  @Column('integer', { comment: 'How likely it is, in percent: 100 when it is won, 0 when it is lost.' })
  probability: number;
  /** Calendar day as text: a `date` would come back as an instant in the server's zone. */
  @Column({ name: 'expected_close_date', type: 'text', comment: 'Calendar day on which it is expected, YYYY-MM-DD.' })
  expectedCloseDate: string;
  @Column({
    name: 'closed_at',
    type: 'timestamptz',
    nullable: true,
    comment: 'When it was won or lost; null while open.',
  })
  closedAt: Date | null;
  @Column({ name: 'close_comment', type: 'text', nullable: true, comment: 'What was said about that. Personal.' })
  closeComment: string | null;
  @Column('boolean', { comment: 'Whether it is deleted.' }) deleted: boolean;
  @Column({
    name: 'delete_reason',
    type: 'text',
    nullable: true,
    comment: 'requested, or customer_deleted when it went with its customer; null if it is not deleted.',
  })
  deleteReason: 'requested' | 'customer_deleted' | null;
  @Column({ name: 'opened_at', type: 'timestamptz', comment: 'When it was written down.' }) openedAt: Date;
  @Column({ name: 'stage_since', type: 'timestamptz', comment: 'When it came into its stage.' }) stageSince: Date;
  @Column({ name: 'updated_at', type: 'timestamptz', comment: 'When its newest event happened.' }) updatedAt: Date;
  @Column({ name: 'texts_of', type: 'text', comment: 'Whom its texts tell of: customer:<id> or user:<id>.' })
  textsOf: string;
  @Column({
    name: 'comment_of',
    type: 'text',
    nullable: true,
    comment: 'Whom close_comment tells of, as texts_of; null where there is none.',
  })
  commentOf: string | null;
}
