import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Role } from '#libs/events/src/identity.js';

/** One key of a machine client, without its secret. */
@Entity({ name: 'api_key_list', synchronize: false, comment: 'One row for each key of a machine client.' })
@Index(['issuedAt', 'id'])
export class ApiKeyRow {
  @PrimaryColumn('uuid', { comment: 'Id of the key.' }) id: string;
  @Column('integer', { comment: 'Number of the newest event in the stream of the key, from 0.' }) revision: number;
  @Column('text', { comment: 'What the key is for, as somebody named it.' }) name: string;
  @Column('text', { comment: 'Role of whoever calls with the key.' }) role: Role;
  @Column('jsonb', { nullable: true, comment: 'Permissions that it is limited to; null: all of the role.' })
  scopes: readonly string[] | null;
  @Column('timestamptz', { name: 'issued_at', comment: 'When it was issued.' }) issuedAt: Date;
  @Column('text', { name: 'issued_by', comment: 'Id of who issued it.' }) issuedBy: string;
  @Column('timestamptz', { name: 'expires_at', comment: 'From when on it is good for nothing.' }) expiresAt: Date;
  @Column('timestamptz', { name: 'revoked_at', nullable: true, comment: 'When it was revoked; null if it was not.' })
  revokedAt: Date | null;
}
