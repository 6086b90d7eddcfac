import { Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';

/** The same data as a contract of Keiyaku, as a row that is overwritten. */
@Entity('contracts')
@Index(['externalId'])
@Index(['createdAt', 'id'])
export class Contract {
  @PrimaryGeneratedColumn('uuid') id: string;
  @Column('text') status: 'draft' | 'signed';
  @Column({ name: 'external_id', type: 'text' }) externalId: string;
  @Column({ name: 'company_name', type: 'text' }) companyName: string;
  @Column({ name: 'company_email', type: 'text' }) companyEmail: string;
  @Column('text') language: string;
  @Column('text') plan: string;
  @Column('text') region: string;
  @Column({ name: 'storage_quota', type: 'text' }) storageQuota: string;
  @Column({ name: 'user_limit', type: 'integer' }) userLimit: number;
  @Column({ name: 'contract_date', type: 'text' }) contractDate: string;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @Column({ name: 'signed_at', type: 'timestamptz', nullable: true }) signedAt: Date | null;
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' }) updatedAt: Date;
}
