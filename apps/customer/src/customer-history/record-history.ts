/** What a customer's own stream tells of the past: the record at an instant, and what changed in it. */
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { fold } from '#libs/event-sourcing/src/projection.js';
import { type CustomerView, customerView } from '../customer-list/customer-list.dto.js';
import type { CustomerRow } from '../customer-list/customer-list.entity.js';
import { customerListProjection } from '../customer-list/customer-list.projection.js';

const historic = [
  'status',
  'name',
  'nameKana',
  'email',
  'phone',
  'postalCode',
  'address',
  'birthDate',
  'note',
  'investmentProfile',
  'riskTolerance',
  'assignedSalesId',
  'mergedInto',
] as const satisfies readonly (keyof CustomerView)[];

export interface FieldChange {
  readonly field: string;
  readonly from: string | null;
  readonly to: string | null;
}

export interface RecordChange {
  readonly revision: number;
  readonly event: RecordedEvent;
  readonly changes: readonly FieldChange[];
}

/** The customer as the events up to an instant (ISO, UTC) tell; undefined before they were written down. */
export async function recordAsOf(
  id: string,
  events: AsyncIterable<RecordedEvent>,
  instant: string,
): Promise<CustomerView | undefined> {
  const rows = new Map<string, CustomerRow | undefined>();
  for await (const event of events) {
    if (Date.parse(event.metadata.occurredAt) > Date.parse(instant)) break;
    fold(customerListProjection, rows, [event]);
  }
  return viewOf(rows.get(id));
}

/** What each event from a revision on changed; events that changed no field are left out. */
export async function* changesOf(
  id: string,
  events: AsyncIterable<RecordedEvent>,
  from: number,
): AsyncGenerator<RecordChange> {
  const rows = new Map<string, CustomerRow | undefined>();
  for await (const event of events) {
    const before = viewOf(rows.get(id));
    fold(customerListProjection, rows, [event]);
    const changes = event.revision < from ? [] : differences(before, viewOf(rows.get(id)));
    if (changes.length > 0) yield { revision: event.revision, event, changes };
  }
}

function differences(before: CustomerView | undefined, after: CustomerView | undefined): readonly FieldChange[] {
  return historic.flatMap((field) => {
    const [from, to] = [before?.[field] ?? null, after?.[field] ?? null];
    return from === to ? [] : [{ field, from, to }];
  });
}

function viewOf(row: CustomerRow | undefined): CustomerView | undefined {
  if (!row) return undefined;
  return customerView({
    ...row,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    deletedAt: row.deletedAt?.toISOString() ?? null,
  });
}
