import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { SecretRecord } from '#libs/webhooks/src/secrets.dto.js';

/** One system that may send webhooks. */
@Entity({ name: 'webhook_source_list', synchronize: false, comment: 'One row for each system that may send webhooks.' })
export class WebhookSourceRow {
  @PrimaryColumn('uuid', { comment: 'Id of the source.' }) id: string;
  @Column('integer', { comment: 'Number of the newest event in the stream of the source, from 0.' }) revision: number;
  @Column('text', { comment: 'What the source is called.' }) name: string;
  @Column('jsonb', {
    comment: 'Its signing secrets, oldest first, as version, addedAt and retiredAt; never the secrets themselves.',
  })
  secrets: readonly SecretRecord[];
  @Column({ name: 'registered_at', type: 'timestamptz', comment: 'When it was registered.' }) registeredAt: Date;
}
