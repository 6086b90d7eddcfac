import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { WebhookContent } from '#libs/events/src/notification.js';
import type { DeliveryAttempt, DeliveryStatus, Progress } from '../delivery-list/delivery-progress.js';

/** An attempt with what the endpoint answered. */
export interface WebhookAttempt extends DeliveryAttempt {
  /** HTTP status. */
  readonly status?: number;
  readonly durationMs?: number;
  readonly excerpt?: string;
}

/** A webhook as operators see it. */
@Entity({ name: 'webhook_delivery_list', synchronize: false, comment: 'One row for each webhook to an endpoint.' })
@Index(['requestedAt', 'deliveryId'])
@Index(['status', 'finishedAt'])
@Index(['endpointId', 'requestedAt', 'deliveryId'])
export class WebhookDeliveryRow implements Progress {
  @PrimaryColumn('uuid', { name: 'delivery_id', comment: 'Id of the delivery, and the webhook-id of all its copies.' })
  deliveryId: string;

  @Column('uuid', { name: 'endpoint_id', comment: 'The endpoint that it is sent to.' })
  endpointId: string;

  @Column('text', { name: 'event_type', comment: 'Type of the event that it tells of.' })
  eventType: string;

  @Column('jsonb', { comment: 'What is sent, as eventId, eventType, timestamp and data.' })
  content: WebhookContent;

  @Column('text', { comment: 'waiting, attempting, sending, sent or abandoned.' })
  status: DeliveryStatus;

  @Column('jsonb', {
    comment:
      'Its attempts, oldest first, as number, attempt, startedAt, outcome, reason, status, durationMs and excerpt.',
  })
  attempts: readonly WebhookAttempt[];

  @Column('boolean', {
    name: 'possibly_sent',
    comment: 'An attempt ended between sending and noting it, so the endpoint may have got it twice.',
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
