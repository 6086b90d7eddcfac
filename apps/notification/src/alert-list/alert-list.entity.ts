import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AlertChannel, OperatorAlert } from '#libs/events/src/notification.js';
import type { DeliveryAttempt, DeliveryStatus, Progress } from '../delivery-list/delivery-progress.js';

/** What operators were told. */
@Entity({ name: 'operator_alert_list', synchronize: false, comment: 'One row for each message to the operators.' })
@Index(['requestedAt', 'deliveryId'])
@Index(['environmentId', 'requestedAt'])
@Index(['status', 'finishedAt'])
export class OperatorAlertRow implements Progress {
  @PrimaryColumn('uuid', { name: 'delivery_id', comment: 'Id of the delivery.' })
  deliveryId: string;

  @Column('text', { comment: 'operator_mail or slack.' })
  channel: AlertChannel;

  @Column('text', { comment: 'needs_attention, failure_rate and so on: of what it tells.' })
  cause: OperatorAlert['cause'];

  @Column('uuid', { name: 'environment_id', nullable: true, comment: 'The environment; null where it is about many.' })
  environmentId: string | null;

  @Column('jsonb', { comment: 'What is said: title, environment, step, object, reason, whatToDo and happenedAt.' })
  content: OperatorAlert;

  @Column('text', { comment: 'waiting, attempting, sending, sent or abandoned.' })
  status: DeliveryStatus;

  @Column('jsonb', { comment: 'Its attempts, oldest first, as number, attempt, startedAt, outcome and reason.' })
  attempts: readonly DeliveryAttempt[];

  @Column('boolean', {
    name: 'possibly_sent',
    comment: 'An attempt ended between sending and noting it, so it may have been told twice.',
  })
  possiblySent: boolean;

  @Column('timestamptz', {
    name: 'next_attempt_at',
    nullable: true,
    comment: 'When the next attempt is due; null while one runs and at the end.',
  })
  nextAttemptAt: Date | null;

  @Column('timestamptz', { name: 'requested_at', comment: 'When it was asked for.' })
  requestedAt: Date;

  @Column('timestamptz', { name: 'finished_at', nullable: true, comment: 'When it was sent or given up; null before.' })
  finishedAt: Date | null;

  @Column('text', { name: 'abandoned_because', nullable: true, comment: 'Why it was given up; null unless it was.' })
  abandonedBecause: string | null;

  @Column('int', { comment: 'Number of the newest event in the stream of the delivery, from 0.' })
  revision: number;
}
