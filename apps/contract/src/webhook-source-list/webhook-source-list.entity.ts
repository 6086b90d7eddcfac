import { Column, Entity, PrimaryColumn } from 'typeorm';

export interface SecretRecord {
  readonly version: number;
  readonly addedAt: string;
  readonly retiredAt: string | null;
}

/** One system that may send webhooks. */
@Entity({ name: 'webhook_source_list', synchronize: false })
export class WebhookSourceRow {
  @PrimaryColumn('uuid') id: string;
  @Column('integer') revision: number;
  @Column('text') name: string;
  /** Oldest first. */
  @Column('jsonb') secrets: readonly SecretRecord[];
  @Column({ name: 'registered_at', type: 'timestamptz' }) registeredAt: Date;
}
