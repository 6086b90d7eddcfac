import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A delivery that is not finished. */
@Entity({ name: 'delivery_work', synchronize: false })
@Index(['dueAt'])
export class DeliveryWork {
  @PrimaryColumn('uuid', { name: 'delivery_id' })
  deliveryId: string;

  /** When the next attempt is due, or when the lease of the present one runs out. */
  @Column('timestamptz', { name: 'due_at' })
  dueAt: Date;

  @Column('text', { name: 'correlation_id' })
  correlationId: string;
}
