import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from '#libs/events/src/identity.js';

/** What this context has to know of a user. */
@Entity({
  name: 'opportunity_user',
  synchronize: false,
  comment: 'One row for each user, as far as approvals and deals have to know them.',
})
export class KnownUser {
  @PrimaryColumn('text', { comment: 'Id of the user.' }) id: string;
  @Column('text', { comment: 'Name of the user. Personal.' }) name: string;
  @Column('text', { comment: 'Role of the user.' }) role: Role;
  @Column('boolean', { comment: 'False once the user is deleted.' }) active: boolean;
  @Column({
    name: 'reassign_to',
    type: 'text',
    nullable: true,
    comment: 'Id of the user who was named to take over when this one was deleted; null if nobody was.',
  })
  reassignTo: string | null;
}
