import type { DomainEvent } from '#libs/event-sourcing/src/event.js';
import type { RowsChange, SetStep } from '#libs/event-sourcing/src/projection.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import type { Subject } from '#libs/events/src/subject.js';

/** Whom what somebody wrote tells of: the customer or, where there is none, the writer. As libs/events has it. */
export function textsOf(customerId: string | null, writerId: string): Subject {
  return customerId === null ? `user:${writerId}` : `customer:${customerId}`;
}

type KeyGone = 'erasure.key_destroyed' | 'erasure.key_forgotten';

/**
 * The steps of a projection whose rows hold texts: `set` puts the marker there when their subject is erased. `others`
 * does so for texts that may tell of somebody else, by the column that says of whom.
 */
export function whenTextsErased<Row extends { readonly textsOf: string }>(
  set: Partial<Row>,
  others: { readonly [Column in keyof Row]?: Partial<Row> } = {},
): { readonly [Type in KeyGone]: SetStep<Row, DomainEvent<Type, ErasureEvents[Type]>> } {
  const many = ({ data }: { readonly data: ErasureEvents[KeyGone] }) =>
    Object.entries({ textsOf: set, ...others }).map(([column, values]) => ({
      where: { [column]: data.subject },
      set: values,
    })) as unknown as readonly RowsChange<Row>[];
  return { 'erasure.key_destroyed': { many }, 'erasure.key_forgotten': { many } };
}
