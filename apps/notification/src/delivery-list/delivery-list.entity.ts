import type { MailContent } from '#libs/events/src/notification.js';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Language } from '#libs/events/src/contract.js';
import type { DeliveryAttempt, DeliveryStatus } from './delivery-progress.js';

/** A delivery as operators see it. */
@Entity({ name: 'delivery_list', synchronize: false, comment: 'One row for each mail to a customer.' })
@Index(['requestedAt', 'deliveryId'])
@Index(['environmentId'])
@Index(['contractId'])
@Index(['status', 'finishedAt'])
export class DeliveryRow {
  @PrimaryColumn('uuid', { name: 'delivery_id', comment: 'Id of the delivery.' })
  deliveryId: string;

  @Column('uuid', { name: 'contract_id', comment: 'The contract whose company gets the mail.' })
  contractId: string;

  @Column('uuid', { name: 'environment_id', comment: 'The environment that the mail is about.' })
  environmentId: string;

  @Column('text', { comment: 'Which mail it is.' })
  template: MailContent['template'];

  @Column('text', { comment: 'waiting, attempting, sending, sent or abandoned.' })
  status: DeliveryStatus;

  @Column('text', { name: 'recipient_name', comment: 'Name of the recipient. Personal.' })
  recipientName: string;

  @Column('text', { name: 'recipient_email', comment: 'Mail address of the recipient. Personal.' })
  recipientEmail: string;

  @Column('text', { comment: 'Language of the mail: ja or en.' })
  language: Language;

  @Column('jsonb', { comment: 'Its attempts, oldest first, as number, attempt, startedAt, outcome and reason.' })
  attempts: readonly DeliveryAttempt[];

  @Column('boolean', {
    name: 'possibly_sent',
    comment: 'A crash fell between sending and noting it, so the mail may have gone out twice.',
  })
  possiblySent: boolean;

  @Column('text', {
    name: 'message_id',
    nullable: true,
    comment: 'Message-ID of the mail; null before the first sending.',
  })
  messageId: string | null;

  @Column('timestamptz', {
    name: 'next_attempt_at',
    nullable: true,
    comment: 'When the next attempt is due; null while one runs and at the end.',
  })
  nextAttemptAt: Date | null;

  @Column('timestamptz', { name: 'requested_at', comment: 'When the mail was asked for.' })
  requestedAt: Date;

  @Column('timestamptz', { name: 'finished_at', nullable: true, comment: 'When it was sent or given up; null before.' })
  finishedAt: Date | null;

  @Column('text', { name: 'abandoned_because', nullable: true, comment: 'Why it was given up; null unless it was.' })
  abandonedBecause: string | null;

  @Column('int', { comment: 'Number of the newest event in the stream of the delivery, from 0.' })
  revision: number;
}
