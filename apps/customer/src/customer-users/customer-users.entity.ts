import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from '#libs/events/src/identity.js';

/** What this context needs to know of users: who can look after customers. */
@Entity({ name: 'customer_users', synchronize: false, comment: 'One row for each user, also of deleted ones.' })
export class CustomerUserRow {
  @PrimaryColumn('text', { comment: 'Id of the user.' }) id: string;
  @Column('text', { comment: 'Name of the user. Personal.' }) name: string;
  @Column('text', { comment: 'Role of the user.' }) role: Role;
  @Column('boolean', { comment: 'False once the user was deleted.' }) active: boolean;
  @Column({
    name: 'reassign_to',
    type: 'text',
    nullable: true,
    comment: 'Id of the user who takes over from a deleted one, where somebody was named.',
  })
  reassignTo: string | null;
}
