import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { TaskStatus } from '#libs/events/src/sales-activity.js';

/** When a task has to be told of as due soon: the timers, as the log has them. */
@Entity({ name: 'task_alert', synchronize: false, comment: 'One row for each task: when to tell that it is due soon.' })
@Index(['dueAt', 'taskId'])
export class TaskAlert {
  @PrimaryColumn('uuid', { name: 'task_id', comment: 'Id of the task.' }) taskId: string;
  @Column({ name: 'due_date', type: 'text', nullable: true, comment: 'When the task is due, ISO 8601; null if never.' })
  dueDate: string | null;
  @Column('text', { comment: 'TODO, IN_PROGRESS, COMPLETED or CANCELLED.' }) status: TaskStatus;
  @Column('boolean', { comment: 'Whether the task is deleted.' }) deleted: boolean;
  @Column('jsonb', { comment: 'Due dates of the task that were told of.' }) told: readonly string[];
  @Column({
    name: 'due_at',
    type: 'timestamptz',
    nullable: true,
    comment: 'From when on to tell that the task is due soon; null if there is nothing to tell.',
  })
  dueAt: Date | null;
  @Column('text', { name: 'correlation_id', comment: 'Joins everything that one request has caused.' })
  correlationId: string;
}
