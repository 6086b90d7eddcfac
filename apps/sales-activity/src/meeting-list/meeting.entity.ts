import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { DeletionReason } from '#libs/events/src/sales-activity.js';

/** One meeting as it stands. */
@Entity({ name: 'meeting_list', synchronize: false, comment: 'One row for each meeting as it stands.' })
@Index(['customerId', 'date', 'id'])
@Index(['userId', 'date', 'id'])
@Index(['date', 'id'])
@Index(['subject'])
export class MeetingRow {
  @PrimaryColumn('uuid', { comment: 'Id of the meeting.' }) id: string;
  @Column('integer', { comment: 'Number of the newest event in the stream of the meeting, from 0.' }) revision: number;
  @Column({ name: 'customer_id', type: 'uuid', comment: 'Customer whom it is with.' }) customerId: string;
  @Column({ name: 'user_id', type: 'text', comment: 'User whose meeting it is.' }) userId: string;
  @Column('timestamptz', { comment: 'When it is or was held.' }) date: Date;
  @Column('text', { comment: 'What was said, or is to be. Personal.' }) summary: string;
  @Column('text', { nullable: true, comment: 'Where it is or was held; null if nobody said. Personal.' })
  location: string | null;
  @Column({
    name: 'duration_minutes',
    type: 'integer',
    nullable: true,
    comment: 'How long it takes, in minutes; null if nobody said.',
  })
  durationMinutes: number | null;
  @Column('text', { comment: 'Of whom its texts tell, as kind and id.' }) subject: string;
  @Column('boolean', { comment: 'Whether it is deleted.' }) deleted: boolean;
  @Column({
    name: 'deleted_at',
    type: 'timestamptz',
    nullable: true,
    comment: 'When it was deleted; null if it is not.',
  })
  deletedAt: Date | null;
  @Column({
    name: 'deleted_reason',
    type: 'text',
    nullable: true,
    comment: 'requested, customer_deleted or user_deleted; null if it is not deleted.',
  })
  deletedReason: DeletionReason | null;
  @Column({ name: 'created_at', type: 'timestamptz', comment: 'When it was put on record.' }) createdAt: Date;
  @Column({ name: 'updated_at', type: 'timestamptz', comment: 'When its newest event happened.' }) updatedAt: Date;
}
