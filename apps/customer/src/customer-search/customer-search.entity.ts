import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The looks of a search go along an index by code points, in whatever order the database puts texts otherwise. */
const byCodePoints = { type: 'text', collation: 'C', nullable: true } as const;

/** What customers are found by, and compared with. */
@Entity({ name: 'customer_search', synchronize: false, comment: 'One row for each customer: what they are found by.' })
@Index(['grams'], { type: 'gin' })
@Index(['nameKey'])
@Index(['kanaKey'])
@Index(['emailKey'])
@Index(['phoneKey'])
export class CustomerSearchRow {
  @PrimaryColumn('uuid', { comment: 'Id of the customer.' }) id: string;
  @Column('boolean', { comment: 'Whether the customer is active; others are not found.' }) active: boolean;
  @Column({
    ...byCodePoints,
    name: 'name_key',
    comment: 'The name in one way of writing. Null once erased. Personal.',
  })
  nameKey: string | null;
  @Column({
    ...byCodePoints,
    name: 'kana_key',
    comment: 'The reading in hiragana, without spaces. Personal.',
  })
  kanaKey: string | null;
  @Column({ ...byCodePoints, name: 'email_key', comment: 'The mail address in lower case. Personal.' })
  emailKey: string | null;
  @Column({ ...byCodePoints, name: 'phone_key', comment: 'The digits of the phone number. Personal.' })
  phoneKey: string | null;
  @Column({ name: 'birth_date', type: 'text', nullable: true, comment: 'Day of birth. Personal.' })
  birthDate: string | null;
  @Column({ name: 'postal_key', type: 'text', nullable: true, comment: 'The postal code without hyphens. Personal.' })
  postalKey: string | null;
  @Column('text', { array: true, comment: 'Pieces of all of these, for the index. Empty once erased. Personal.' })
  grams: readonly string[];
}
