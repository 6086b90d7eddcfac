import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What this context has to know of a user. */
@Entity({
  name: 'sales_user',
  synchronize: false,
  comment: 'One row for each user, as far as meetings and tasks have to know them.',
})
export class KnownUser {
  @PrimaryColumn('text', { comment: 'Id of the user.' }) id: string;
  @Column('text', { comment: 'Name of the user. Personal.' }) name: string;
  @Column('boolean', { comment: 'False once the user is deleted.' }) active: boolean;
  @Column({
    name: 'reassign_to',
    type: 'text',
    nullable: true,
    comment: 'Id of the user who took over when this one was deleted; null if nobody was named.',
  })
  reassignTo: string | null;
  @Column('text', { comment: 'Stream of the event that said last how the user stands.' }) stream: string;
  @Column('integer', { comment: 'Number of that event in its stream.' }) revision: number;
}
