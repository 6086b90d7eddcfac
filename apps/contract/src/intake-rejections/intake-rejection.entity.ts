import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Mistake } from '../intake/intake-tables.js';

/** A row or an event of another system that was not taken. */
@Entity({ name: 'intake_rejections', synchronize: false })
export class IntakeRejectionRow {
  @PrimaryColumn('uuid') id: string;
  @Column('text') intake: string;
  @Column('text') item: string;
  @Column('text') position: string;
  @Column('jsonb') errors: readonly Mistake[];
  @Column({ name: 'rejected_at', type: 'timestamptz' }) rejectedAt: Date;
}
