import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One delegation. */
@Entity({ name: 'delegation_list', synchronize: false, comment: 'One row for each delegation that was ever granted.' })
@Index(['delegatorId', 'from', 'id'])
@Index(['delegateId', 'from', 'id'])
@Index(['from', 'id'])
export class DelegationRow {
  @PrimaryColumn('uuid', { comment: 'Id of the delegation.' }) id: string;
  @Column({ name: 'delegator_id', type: 'text', comment: 'Id of the user whose approvals are delegated.' })
  delegatorId: string;
  @Column({ name: 'delegate_id', type: 'text', comment: 'Id of the user who may decide in their place.' })
  delegateId: string;
  @Column('timestamptz', { comment: 'When it begins.' }) from: Date;
  @Column('timestamptz', { comment: 'When it ends.' }) until: Date;
  @Column('boolean', { comment: 'Whether it was ended before its time.' }) revoked: boolean;
  @Column({ name: 'granted_by', type: 'text', comment: 'Id of who granted it: the delegator or an administrator.' })
  grantedBy: string;
}
