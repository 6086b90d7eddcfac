import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { DeletionReason, TaskStatus } from '#libs/events/src/sales-activity.js';

/** One task as it stands. */
@Entity({ name: 'task_list', synchronize: false, comment: 'One row for each task as it stands.' })
@Index(['customerId'])
@Index(['userId', 'open', 'dueDate', 'id'])
@Index(['open', 'dueDate', 'id'])
@Index(['createdAt', 'id'])
@Index(['subject'])
export class TaskRow {
  @PrimaryColumn('uuid', { comment: 'Id of the task.' }) id: string;
  @Column('integer', { comment: 'Number of the newest event in the stream of the task, from 0.' }) revision: number;
  @Column({ name: 'customer_id', type: 'uuid', nullable: true, comment: 'Customer whom it is about; null if nobody.' })
  customerId: string | null;
  @Column({ name: 'user_id', type: 'text', comment: 'User who is to do it.' }) userId: string;
  @Column('text', { comment: 'What is to be done. Personal.' }) title: string;
  @Column('text', { nullable: true, comment: 'What there is to say about it; null if nothing. Personal.' })
  description: string | null;
  /** Never null, so that lists can be sorted by it. */
  @Column({ name: 'due_date', type: 'timestamptz', comment: 'When it is due; the end of the year 9999 if never.' })
  dueDate: Date;
  /** A number, so that lists can be sorted by it. */
  @Column('integer', { comment: '1 LOW, 2 MEDIUM, 3 HIGH or 4 URGENT.' }) priority: number;
  @Column('text', { comment: 'TODO, IN_PROGRESS, COMPLETED or CANCELLED.' }) status: TaskStatus;
  @Column('boolean', { comment: 'Whether it is to be done: TODO or IN_PROGRESS, and not deleted.' }) open: boolean;
  @Column({
    name: 'completed_at',
    type: 'timestamptz',
    nullable: true,
    comment: 'When it was completed; null while it is not.',
  })
  completedAt: Date | null;
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
  @Column({ name: 'created_at', type: 'timestamptz', comment: 'When it was created.' }) createdAt: Date;
  @Column({ name: 'updated_at', type: 'timestamptz', comment: 'When its newest event happened.' }) updatedAt: Date;
}

/** Stands where a task has no due date. */
export const never = '9999-12-31T23:59:59.000Z';
