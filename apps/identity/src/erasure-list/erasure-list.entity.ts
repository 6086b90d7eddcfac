import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ErasureReason } from '#libs/events/src/erasure.js';
import type { Confirmation, erasureStatuses } from '../domain/erasure.js';

/** One erasure; once it is completed, its certificate. Nothing in it tells about a person but ids. */
@Entity({ name: 'erasure_list', synchronize: false })
@Index(['requestedAt', 'id'])
@Index(['status', 'keyDestroyedAt'])
export class ErasureRow {
  @PrimaryColumn('uuid') id: string;
  @Column('integer') revision: number;
  @Column('text') subject: string;
  @Column('text') reason: ErasureReason;
  @Column('text') status: (typeof erasureStatuses)[number];
  @Column({ name: 'requested_by', type: 'jsonb' }) requestedBy: { readonly id: string; readonly role: string };
  @Column({ name: 'requested_at', type: 'timestamptz' }) requestedAt: Date;
  @Column({ name: 'key_destroyed_at', type: 'timestamptz', nullable: true }) keyDestroyedAt: Date | null;
  /** Contexts that have to confirm. */
  @Column('jsonb') contexts: readonly string[];
  @Column('jsonb') cleared: readonly Confirmation[];
  @Column({ name: 'completed_at', type: 'timestamptz', nullable: true }) completedAt: Date | null;
  @Column({ name: 'correlation_id', type: 'text' }) correlationId: string;
}
