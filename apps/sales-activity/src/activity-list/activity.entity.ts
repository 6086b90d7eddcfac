import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { MeetingEvents, TaskEvents } from '#libs/events/src/sales-activity.js';

export type ActivityType = keyof MeetingEvents | keyof TaskEvents;

/** Something that happened to a meeting or task. It holds ids only: texts and names are those of today. */
@Entity({
  name: 'activity_list',
  synchronize: false,
  comment: 'One row for each thing that happened to a meeting or task.',
})
@Index(['customerId', 'at', 'id'])
@Index(['userId', 'at', 'id'])
@Index(['actorId', 'at', 'id'])
@Index(['at', 'id'])
export class ActivityRow {
  @PrimaryColumn('uuid', { comment: 'Id of the event.' }) id: string;
  @Column('timestamptz', { comment: 'When it happened.' }) at: Date;
  @Column('text', { comment: 'What happened, as the type of the event.' }) type: ActivityType;
  @Column({
    name: 'meeting_id',
    type: 'uuid',
    nullable: true,
    comment: 'Meeting that it happened to; null if to a task.',
  })
  meetingId: string | null;
  @Column({ name: 'task_id', type: 'uuid', nullable: true, comment: 'Task that it happened to; null if to a meeting.' })
  taskId: string | null;
  @Column({ name: 'customer_id', type: 'uuid', nullable: true, comment: 'Customer whom it is about; null if nobody.' })
  customerId: string | null;
  @Column({ name: 'user_id', type: 'text', comment: 'User whose meeting or task it was from then on.' }) userId: string;
  @Column({ name: 'actor_id', type: 'text', comment: 'Who did it: a user, a machine client or a policy.' })
  actorId: string;
  @Column({ name: 'actor_role', type: 'text', comment: 'Role of whoever did it.' }) actorRole: string;
  @Column('jsonb', {
    comment: 'What there is to say about it: changed, status, previousStatus, previousUserId, reason, cause, dueDate.',
  })
  detail: Readonly<Record<string, unknown>>;
}
