import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Language } from '#libs/events/src/contract.js';
import type { ContractStatus } from '../domain/contract.js';

/** One contract as it stands. */
@Entity({ name: 'contract_list', synchronize: false, comment: 'One row for each contract as it stands.' })
@Index(['externalId'])
@Index(['createdAt', 'id'])
export class ContractRow {
  @PrimaryColumn('uuid', { comment: 'Id of the contract.' }) id: string;
  @Column('integer', { comment: 'Number of the newest event in the stream of the contract, from 0.' }) revision: number;
  @Column('text', { comment: 'draft, signed, suspended, terminated or cancelled.' }) status: ContractStatus;
  @Column({ name: 'external_id', type: 'text', comment: 'Id of the contract in the CRM.' }) externalId: string;
  @Column({ name: 'company_name', type: 'text', comment: 'Name of the contracting company. Personal.' })
  companyName: string;
  @Column({ name: 'company_email', type: 'text', comment: "Mail address of the company's contact. Personal." })
  companyEmail: string;
  @Column('text', { comment: 'Language in which the company is written to: ja or en.' }) language: Language;
  @Column('text', { comment: 'Plan of the catalogue.' }) plan: string;
  @Column('text', { comment: 'Region in which the environment runs.' }) region: string;
  @Column({ name: 'storage_quota', type: 'text', comment: 'Storage with its unit, like 10Gi.' }) storageQuota: string;
  @Column({ name: 'user_limit', type: 'integer', comment: 'How many users the plan is for.' }) userLimit: number;
  /** Calendar day as text: a `date` would come back as an instant in the server's zone. */
  @Column({ name: 'contract_date', type: 'text', comment: 'Calendar day of the contract, YYYY-MM-DD.' })
  contractDate: string;
  @Column({ name: 'created_at', type: 'timestamptz', comment: 'When it was drafted.' }) createdAt: Date;
  @Column({ name: 'signed_at', type: 'timestamptz', nullable: true, comment: 'When it was signed; null before.' })
  signedAt: Date | null;
  @Column({ name: 'updated_at', type: 'timestamptz', comment: 'When its newest event happened.' }) updatedAt: Date;
  @Column({
    name: 'amended_at',
    type: 'timestamptz',
    nullable: true,
    comment: 'When it was amended last; null if never.',
  })
  amendedAt: Date | null;
  @Column({
    name: 'standing_changed_at',
    type: 'timestamptz',
    nullable: true,
    comment: 'When it was suspended, resumed, terminated or cancelled last; null if never.',
  })
  standingChangedAt: Date | null;
  @Column({ name: 'standing_reason', type: 'text', nullable: true, comment: 'Why, where somebody said so.' })
  standingReason: string | null;
  @Column({
    name: 'change_refused_at',
    type: 'timestamptz',
    nullable: true,
    comment: 'When another system reported what was refused; null once a later change was not.',
  })
  changeRefusedAt: Date | null;
  @Column({ name: 'change_refused_reason', type: 'text', nullable: true, comment: 'Why that was refused.' })
  changeRefusedReason: string | null;
  @Column({
    name: 'change_recorded_at',
    type: 'timestamptz',
    nullable: true,
    comment: 'When a change was put on record that was not applied; null once the contract was amended.',
  })
  changeRecordedAt: Date | null;
}
