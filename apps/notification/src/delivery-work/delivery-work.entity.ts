import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A delivery that is not finished. */
@Entity({
  name: 'delivery_work',
  synchronize: false,
  comment: 'One row for each mail or webhook that is not finished.',
})
@Index(['dueAt'])
export class DeliveryWork {
  @PrimaryColumn('uuid', { name: 'delivery_id', comment: 'Id of the delivery.' })
  deliveryId: string;

  @Column('text', { comment: 'How it leaves: mail or webhook.' })
  channel: 'mail' | 'webhook';

  @Column('timestamptz', {
    name: 'due_at',
    comment: 'When the next attempt is due, or when the lease of the present one runs out.',
  })
  dueAt: Date;

  @Column('text', { name: 'correlation_id', comment: 'Joins everything that one request has caused.' })
  correlationId: string;
}
