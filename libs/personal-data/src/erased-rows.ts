import type { DomainEvent } from '#libs/event-sourcing/src/event.js';
import type { RowsChange, SetStep } from '#libs/event-sourcing/src/projection.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import { subjectId, type SubjectKind } from '#libs/events/src/subject.js';

type KeyGone = 'erasure.key_destroyed' | 'erasure.key_forgotten';

type ErasedSteps<Row extends object> = {
  readonly [Type in KeyGone]: SetStep<Row, DomainEvent<Type, ErasureEvents[Type]>>;
};

/**
 * The steps that every projection with personal columns has: they put the marker there. At once when the key is
 * destroyed, and again when no process can have put a value there from memory since.
 * `...whenErased<Row>('contract', (contractId) => ({ where: { contractId }, set: { companyName: erased } }))`
 */
export function whenErased<Row extends object>(
  kind: SubjectKind,
  change: (id: string) => RowsChange<Row>,
): ErasedSteps<Row> {
  const many = ({ data }: { readonly data: ErasureEvents[KeyGone] }): RowsChange<Row> | undefined => {
    const id = subjectId(kind, data.subject);
    return id === undefined ? undefined : change(id);
  };
  return { 'erasure.key_destroyed': { many }, 'erasure.key_forgotten': { many } };
}
