import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ErasureReason } from '#libs/events/src/erasure.js';
import type { Confirmation, erasureStatuses } from '../domain/erasure.js';

/** One erasure; once it is completed, its certificate. Nothing in it tells about a person but ids. */
@Entity({ name: 'erasure_list', synchronize: false, comment: 'One row for each erasure of personal data.' })
@Index(['requestedAt', 'id'])
@Index(['status', 'keyDestroyedAt'])
export class ErasureRow {
  @PrimaryColumn('uuid', { comment: 'Id of the erasure.' })
  id: string;

  @Column('integer', { comment: 'Number of the newest event in the stream of the erasure, from 0.' })
  revision: number;

  @Column('text', { comment: 'Whose data: contract:<id>, customer:<id> or user:<id>.' })
  subject: string;

  @Column('text', { comment: 'Why it was asked for.' })
  reason: ErasureReason;

  @Column('text', { comment: 'How far it is; completed is the certificate.' })
  status: (typeof erasureStatuses)[number];

  @Column('jsonb', { name: 'requested_by', comment: 'Who asked, as id and role.' })
  requestedBy: { readonly id: string; readonly role: string };

  @Column('timestamptz', { name: 'requested_at', comment: 'When it was asked for.' })
  requestedAt: Date;

  @Column('timestamptz', {
    name: 'key_destroyed_at',
    nullable: true,
    comment: 'When the log became unreadable; null before.',
  })
  keyDestroyedAt: Date | null;

  @Column('jsonb', { comment: 'The contexts that have to confirm.' })
  contexts: readonly string[];

  @Column('jsonb', { comment: 'The contexts that have confirmed, and when.' })
  cleared: readonly Confirmation[];

  @Column('timestamptz', { name: 'completed_at', nullable: true, comment: 'When all had confirmed; null before.' })
  completedAt: Date | null;

  @Column('text', { name: 'correlation_id', comment: 'Ties together all that the request caused.' })
  correlationId: string;
}
