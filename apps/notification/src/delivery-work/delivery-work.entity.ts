import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { DeliveryRequest } from '../domain/delivery.js';

/** A delivery that is not finished. */
@Entity({
  name: 'delivery_work',
  synchronize: false,
  comment: 'One row for each message that is not finished.',
})
@Index(['dueAt'])
export class DeliveryWork {
  @PrimaryColumn('uuid', { name: 'delivery_id', comment: 'Id of the delivery.' })
  deliveryId: string;

  @Index()
  @Column('text', { comment: 'How it leaves: mail, webhook, operator_mail or slack.' })
  channel: DeliveryRequest['channel'];

  @Column('timestamptz', { name: 'requested_at', comment: 'When it was asked for, or asked for again.' })
  requestedAt: Date;

  @Column('timestamptz', {
    name: 'due_at',
    comment: 'When the next attempt is due, or when the lease of the present one runs out.',
  })
  dueAt: Date;

  @Column('text', { name: 'correlation_id', comment: 'Joins everything that one request has caused.' })
  correlationId: string;
}
