import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One thing that happened to somebody's access. Nothing in it is personal or secret but ids. */
@Entity({ name: 'audit_log', synchronize: false, comment: 'One row for each event about who may enter, and who did.' })
@Index(['at', 'id'])
@Index(['userId', 'at', 'id'])
@Index(['actorId', 'at', 'id'])
@Index(['type', 'at', 'id'])
export class AuditLogRow {
  @PrimaryColumn('uuid', { comment: 'Id of the event.' }) id: string;
  @Column('text', { comment: 'Type of the event, like user.login_failed.' }) type: string;
  @Column('timestamptz', { comment: 'When it happened.' }) at: Date;
  @Column('text', { name: 'actor_id', comment: 'Who did it: a user, a machine client, policy:<name>.' })
  actorId: string;
  @Column('text', { name: 'actor_role', comment: 'Role of the actor.' }) actorRole: string;
  @Column('uuid', { name: 'user_id', nullable: true, comment: 'The user whom it concerns; null where it is nobody.' })
  userId: string | null;
  @Column('boolean', { comment: 'Whether somebody was refused.' }) failure: boolean;
  @Column('jsonb', { comment: 'What the event says, without personal values.' }) details: object;
  @Column('text', { comment: 'Stream of the event.' }) stream: string;
  @Column('integer', { comment: 'Number of the event in its stream, from 0.' }) revision: number;
  @Column('text', { name: 'correlation_id', comment: 'Ties together all that one request caused.' })
  correlationId: string;
}
