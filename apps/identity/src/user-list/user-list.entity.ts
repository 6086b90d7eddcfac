import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Role } from '#libs/events/src/identity.js';

export const userStatuses = ['active', 'deleted'] as const;
export type UserStatus = (typeof userStatuses)[number];

/** One user as they are. */
@Entity({ name: 'user_list', synchronize: false, comment: 'One row for each user, deleted ones included.' })
@Index(['createdAt', 'id'])
@Index(['name', 'id'])
export class UserRow {
  @PrimaryColumn('uuid', { comment: 'Id of the user.' }) id: string;
  @Column('integer', { comment: 'Number of the newest event in the stream of the user, from 0.' }) revision: number;
  @Column('text', { comment: 'active or deleted.' }) status: UserStatus;
  @Column('text', { comment: 'Mail address that the user signs in with. Personal.' }) email: string;
  @Column('text', { comment: 'Name of the user. Personal.' }) name: string;
  @Column('text', { comment: 'Role of the user.' }) role: Role;
  @Column('boolean', { name: 'second_factor', comment: 'Whether a sign-in takes a second factor.' })
  secondFactor: boolean;
  @Column('timestamptz', { name: 'created_at', comment: 'When the user was created.' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at', comment: 'When the newest event of the user happened.' })
  updatedAt: Date;
  @Column('timestamptz', { name: 'deleted_at', nullable: true, comment: 'When the user was deleted; null before.' })
  deletedAt: Date | null;
  @Column('timestamptz', {
    name: 'last_sign_in_at',
    nullable: true,
    comment: 'When the user signed in last; null if never.',
  })
  lastSignInAt: Date | null;
}
