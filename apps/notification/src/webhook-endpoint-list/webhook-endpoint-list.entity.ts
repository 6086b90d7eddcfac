import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { SecretRecord } from '#libs/webhooks/src/secrets.dto.js';

export const endpointStatuses = ['enabled', 'disabled'] as const;
export type EndpointStatus = (typeof endpointStatuses)[number];

/** One system that is told what happens. */
@Entity({
  name: 'webhook_endpoint_list',
  synchronize: false,
  comment: 'One row for each system that webhooks are sent to.',
})
export class WebhookEndpointRow {
  @PrimaryColumn('uuid', { comment: 'Id of the endpoint.' }) id: string;
  @Column('integer', { comment: 'Number of the newest event in the stream of the endpoint, from 0.' }) revision: number;
  @Column('text', { comment: 'What the endpoint is called.' }) name: string;
  @Column('text', { comment: 'Where webhooks are sent.' }) url: string;
  @Column('jsonb', { nullable: true, comment: 'Types of events that it wants; null for all.' })
  events: readonly string[] | null;
  @Column('text', { comment: 'enabled or disabled.' }) status: EndpointStatus;
  @Column('text', { name: 'disabled_because', nullable: true, comment: 'Why it is disabled; null unless it is.' })
  disabledBecause: string | null;
  @Column('timestamptz', {
    name: 'failing_since',
    nullable: true,
    comment: 'When the first of the failures was that no success has followed; null when the last webhook was taken.',
  })
  failingSince: Date | null;
  @Column('jsonb', {
    comment: 'Its signing secrets, oldest first, as version, addedAt and retiredAt; never the secrets themselves.',
  })
  secrets: readonly SecretRecord[];
  @Column('timestamptz', { name: 'registered_at', comment: 'When it was registered.' }) registeredAt: Date;
}
