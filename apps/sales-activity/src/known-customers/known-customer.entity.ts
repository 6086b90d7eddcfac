import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What this context has to know of a customer. */
@Entity({
  name: 'sales_customer',
  synchronize: false,
  comment: 'One row for each customer, as far as meetings and tasks have to know them.',
})
export class KnownCustomer {
  @PrimaryColumn('uuid', { comment: 'Id of the customer.' }) id: string;
  @Column('text', { comment: 'Name of the customer. Personal.' }) name: string;
  @Column('boolean', { comment: 'Whether the customer is deleted.' }) deleted: boolean;
  @Column({
    name: 'merged_into',
    type: 'uuid',
    nullable: true,
    comment: 'Id of the customer of whom this one became part; null if of none.',
  })
  mergedInto: string | null;
  @Column('text', { comment: 'Stream of the event that said last how the customer stands.' }) stream: string;
  @Column('integer', { comment: 'Number of that event in its stream.' }) revision: number;
}
