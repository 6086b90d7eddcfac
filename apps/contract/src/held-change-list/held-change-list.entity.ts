import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { LifeCycleChange } from '#libs/events/src/contract.js';

/** A change that waits for the registration of its contract. */
@Entity({
  name: 'held_change_list',
  synchronize: false,
  comment: 'One row for each change of a contract that nobody has registered yet.',
})
export class HeldChangeRow {
  @PrimaryColumn('uuid', { name: 'contract_id', comment: 'Id that the contract will have.' }) contractId: string;
  @Column({ name: 'external_id', type: 'text', comment: 'Id of the contract in the CRM.' }) externalId: string;
  @Column('text', { comment: 'suspended, resumed, terminated or cancelled.' }) change: LifeCycleChange;
  @Column('text', { nullable: true, comment: 'Why, where the CRM said so.' }) reason: string | null;
  @Column({ name: 'changed_at', type: 'timestamptz', comment: 'When it happened in the CRM.' }) changedAt: Date;
  @Column({ name: 'held_at', type: 'timestamptz', comment: 'When it arrived here.' }) heldAt: Date;
}
