import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Access tokens that are good for nothing before they expire. */
@Entity({ name: 'revocation_list', synchronize: false, comment: 'One row for whatever access tokens were revoked of.' })
@Index(['revokedAt', 'id'])
export class RevocationRow {
  @PrimaryColumn('text', { comment: 'session:<id>, user:<id> or api-key:<id>.' }) id: string;

  @Column('integer', {
    name: 'before_revision',
    nullable: true,
    comment: 'Tokens of older revisions of the user are revoked; null: all.',
  })
  beforeRevision: number | null;

  @Column('timestamptz', { name: 'revoked_at', comment: 'When it was revoked.' }) revokedAt: Date;
}
