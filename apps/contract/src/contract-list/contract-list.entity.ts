import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Language } from '#libs/events/src/contract.js';

/** One contract as it stands. */
@Entity({ name: 'contract_list', synchronize: false })
@Index(['externalId'])
@Index(['createdAt', 'id'])
export class ContractRow {
  @PrimaryColumn('uuid') id: string;
  @Column('integer') revision: number;
  @Column('text') status: 'draft' | 'signed';
  @Column({ name: 'external_id', type: 'text' }) externalId: string;
  @Column({ name: 'company_name', type: 'text' }) companyName: string;
  @Column({ name: 'company_email', type: 'text' }) companyEmail: string;
  @Column('text') language: Language;
  @Column('text') plan: string;
  @Column('text') region: string;
  @Column({ name: 'storage_quota', type: 'text' }) storageQuota: string;
  @Column({ name: 'user_limit', type: 'integer' }) userLimit: number;
  /** Calendar day as text: a `date` would come back as an instant in the server's zone. */
  @Column({ name: 'contract_date', type: 'text' }) contractDate: string;
  @Column({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @Column({ name: 'signed_at', type: 'timestamptz', nullable: true }) signedAt: Date | null;
  @Column({ name: 'updated_at', type: 'timestamptz' }) updatedAt: Date;
  /** When a newer content with other words was put on record; it is not applied. */
  @Column({ name: 'change_recorded_at', type: 'timestamptz', nullable: true }) changeRecordedAt: Date | null;
}
