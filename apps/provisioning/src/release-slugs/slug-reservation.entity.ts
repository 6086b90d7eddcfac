import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A slug that is reserved and not confirmed yet. */
@Entity({
  name: 'slug_reservation',
  synchronize: false,
  comment: 'One row for each slug that is reserved for an environment which is not requested yet.',
})
export class SlugReservation {
  @PrimaryColumn('text', { comment: 'Keyed hash of the slug.' })
  key: string;

  @Column('text', { comment: 'Id of the environment that it is reserved for.' })
  owner: string;

  @Index()
  @Column('timestamptz', { name: 'due_at', comment: 'When the reservation ends unless it is confirmed.' })
  dueAt: Date;

  @Column('text', { name: 'correlation_id', comment: 'Joins everything that one request has caused.' })
  correlationId: string;
}
