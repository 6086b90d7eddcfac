import type { DomainEvent } from '#libs/event-sourcing/src/event.js';
import type { SetStep } from '#libs/event-sourcing/src/projection.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';

type KeyGone = 'erasure.key_destroyed' | 'erasure.key_forgotten';

/** The steps that put the marker into rows whose texts tell of a customer or, where there is none, of a user. */
export function whenSubjectErased<Row extends { readonly subject: string }>(
  set: Partial<Row>,
): { readonly [Type in KeyGone]: SetStep<Row, DomainEvent<Type, ErasureEvents[Type]>> } {
  const many = ({ data }: { readonly data: ErasureEvents[KeyGone] }) =>
    ({ where: { subject: data.subject }, set }) as ReturnType<SetStep<Row, DomainEvent>['many']>;
  return { 'erasure.key_destroyed': { many }, 'erasure.key_forgotten': { many } };
}
