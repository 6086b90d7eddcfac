import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { type RevocationReason, revocationReasons } from '#libs/events/src/identity.js';

/** Why a session ended before its time. */
export const endReasons = ['signed_out', 'token_reused', ...revocationReasons] as const;
export type EndReason = RevocationReason | 'signed_out' | 'token_reused';

/** One session of a user, from the sign-in on. */
@Entity({ name: 'session_list', synchronize: false, comment: 'One row for each session of a user.' })
@Index(['userId', 'endReason'])
@Index(['startedAt', 'id'])
export class SessionRow {
  @PrimaryColumn('uuid', { comment: 'Id of the session.' }) id: string;
  @Column('uuid', { name: 'user_id', comment: 'Id of the user who signed in.' }) userId: string;
  @Column('timestamptz', { name: 'started_at', comment: 'When the user signed in.' }) startedAt: Date;
  @Column('bigint', { name: 'started_position', comment: 'Position of the sign-in in the log.' })
  startedPosition: string;
  @Column('timestamptz', { name: 'last_used_at', comment: 'When tokens were issued last.' }) lastUsedAt: Date;
  @Column('timestamptz', { name: 'expires_at', comment: 'When it can be continued no more.' }) expiresAt: Date;
  @Column('timestamptz', { name: 'ended_at', nullable: true, comment: 'When it ended before its time; null before.' })
  endedAt: Date | null;
  @Column('text', {
    name: 'end_reason',
    nullable: true,
    comment: 'signed_out, token_reused or why it was revoked; null while it has not ended.',
  })
  endReason: EndReason | null;
}
