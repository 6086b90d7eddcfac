import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { InvestmentProfile, RiskTolerance } from '#libs/events/src/customer.js';
import type { CustomerStatus } from '../domain/customer.js';

/** One customer as they stand. */
@Entity({ name: 'customer_list', synchronize: false, comment: 'One row for each customer, also of deleted ones.' })
@Index(['status', 'createdAt', 'id'])
@Index(['status', 'updatedAt', 'id'])
@Index(['status', 'name', 'id'])
@Index(['status', 'reading', 'id'])
@Index(['assignedSalesId', 'createdAt', 'id'])
@Index(['mergedInto'])
export class CustomerRow {
  @PrimaryColumn('uuid', { comment: 'Id of the customer.' }) id: string;
  @Column('integer', { comment: 'Number of the newest event in the stream of the customer, from 0.' }) revision: number;
  @Column('text', { comment: 'active, deleted or merged.' }) status: CustomerStatus;
  @Column('text', { comment: 'Name. Personal.' }) name: string;
  @Column({ name: 'name_kana', type: 'text', nullable: true, comment: 'Reading of the name. Personal.' })
  nameKana: string | null;
  @Column('text', { comment: 'By which customers are sorted: the reading in hiragana, else the name. Personal.' })
  reading: string;
  @Column('text', { nullable: true, comment: 'Mail address. Personal.' }) email: string | null;
  @Column('text', { nullable: true, comment: 'Phone number as it was written. Personal.' }) phone: string | null;
  @Column({ name: 'postal_code', type: 'text', nullable: true, comment: 'Postal code. Personal.' })
  postalCode: string | null;
  @Column('text', { nullable: true, comment: 'Address. Personal.' }) address: string | null;
  /** Calendar day as text: a `date` would come back as an instant in the server's zone. */
  @Column({ name: 'birth_date', type: 'text', nullable: true, comment: 'Day of birth, YYYY-MM-DD. Personal.' })
  birthDate: string | null;
  @Column('text', { nullable: true, comment: 'What sales people noted. Personal.' }) note: string | null;
  @Column({
    name: 'investment_profile',
    type: 'text',
    nullable: true,
    comment: 'conservative, moderate or aggressive; null while nobody has said.',
  })
  investmentProfile: InvestmentProfile | null;
  @Column({
    name: 'risk_tolerance',
    type: 'text',
    nullable: true,
    comment: 'low, medium or high; null while nobody has said.',
  })
  riskTolerance: RiskTolerance | null;
  @Column({
    name: 'assigned_sales_id',
    type: 'text',
    nullable: true,
    comment: 'Id of the user who looks after the customer; null when nobody does.',
  })
  assignedSalesId: string | null;
  @Column('boolean', { comment: 'Whether somebody looks after the customer.' }) assigned: boolean;
  @Column({
    name: 'merged_into',
    type: 'uuid',
    nullable: true,
    comment: 'Id of the customer that this one became part of; null unless merged.',
  })
  mergedInto: string | null;
  @Column({ name: 'created_at', type: 'timestamptz', comment: 'When the customer was written down.' }) createdAt: Date;
  @Column({ name: 'updated_at', type: 'timestamptz', comment: 'When the newest event happened.' }) updatedAt: Date;
  @Column({
    name: 'deleted_at',
    type: 'timestamptz',
    nullable: true,
    comment: 'When the customer was deleted; null unless deleted.',
  })
  deletedAt: Date | null;
}
