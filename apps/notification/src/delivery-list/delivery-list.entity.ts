import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Language } from '#libs/events/src/contract.js';

export const deliveryStatuses = ['waiting', 'attempting', 'sending', 'sent', 'abandoned'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

export const attemptOutcomes = ['running', 'sending', 'sent', 'possibly_sent', 'failed', 'lost'] as const;

/** Instants are ISO texts. */
export interface DeliveryAttempt {
  readonly number: number;
  readonly attempt: string;
  readonly startedAt: string;
  readonly outcome: (typeof attemptOutcomes)[number];
  readonly reason?: string;
}

/** A delivery as operators see it. */
@Entity({ name: 'delivery_list', synchronize: false })
@Index(['requestedAt', 'deliveryId'])
@Index(['environmentId'])
@Index(['contractId'])
export class DeliveryRow {
  @PrimaryColumn('uuid', { name: 'delivery_id' })
  deliveryId: string;

  @Column('uuid', { name: 'contract_id' })
  contractId: string;

  @Column('uuid', { name: 'environment_id' })
  environmentId: string;

  @Column('text')
  template: 'environment_ready';

  @Column('text')
  status: DeliveryStatus;

  @Column('text', { name: 'recipient_name' })
  recipientName: string;

  @Column('text', { name: 'recipient_email' })
  recipientEmail: string;

  @Column('text')
  language: Language;

  @Column('jsonb')
  attempts: readonly DeliveryAttempt[];

  @Column('boolean', { name: 'possibly_sent' })
  possiblySent: boolean;

  @Column('text', { name: 'message_id', nullable: true })
  messageId: string | null;

  @Column('timestamptz', { name: 'next_attempt_at', nullable: true })
  nextAttemptAt: Date | null;

  @Column('timestamptz', { name: 'requested_at' })
  requestedAt: Date;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt: Date | null;

  /** Why it was given up. */
  @Column('text', { name: 'abandoned_because', nullable: true })
  abandonedBecause: string | null;

  /** Of the delivery's stream. */
  @Column('int')
  revision: number;
}
