import type { ChangedBy } from '#libs/event-sourcing/src/event.js';
import { type CustomerField, type CustomerRecord, isErased } from '#libs/events/src/customer.js';

/** Another customer is to become part of this one; which of its fields are taken. */
export interface PendingMerge {
  readonly mergeId: string;
  readonly mergedCustomerId: string;
  readonly take: readonly CustomerField[];
}

interface Known {
  readonly record: CustomerRecord;
  readonly assignedSalesId: string | null;
  /** Ids of those who became part of this one. */
  readonly absorbed: readonly string[];
  /** Ids of those who look like this one and are others, somebody has said. */
  readonly differsFrom: readonly string[];
}

interface Ended extends Known {
  /** Who deleted it, or let it become part of another one. */
  readonly endedBy?: ChangedBy | undefined;
}

export type CustomerState =
  | { readonly status: 'none' }
  | ({ readonly status: 'active'; readonly merges: readonly PendingMerge[] } & Known)
  | ({ readonly status: 'deleted' } & Ended)
  | ({ readonly status: 'merged'; readonly intoCustomerId: string } & Ended);

export type ActiveCustomer = Extract<CustomerState, { status: 'active' }>;
export type CustomerStatus = Exclude<CustomerState, { status: 'none' }>['status'];

export type CustomerRefusal =
  | 'customer_not_found'
  | 'customer_exists'
  | 'customer_is_deleted'
  | 'customer_is_erased'
  | 'customer_is_merged'
  | 'customer_is_merging'
  | 'customer_is_assigned'
  | 'merge_with_itself';

export const customerFields = [
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
] as const satisfies readonly CustomerField[];

/** What of an event or a request is the record: the same fields in the same order. */
export function recordOf(source: CustomerRecord): CustomerRecord {
  const { name, nameKana, email, phone, postalCode, address, birthDate, note, investmentProfile, riskTolerance } =
    source;
  return { name, nameKana, email, phone, postalCode, address, birthDate, note, investmentProfile, riskTolerance };
}

export function changedFields(before: CustomerRecord, after: CustomerRecord): readonly CustomerField[] {
  return customerFields.filter((field) => before[field] !== after[field]);
}

/** The record of one that takes in another: what it lacks, and what is asked for, comes from the other. */
export function mergedRecord(
  kept: CustomerRecord,
  gone: CustomerRecord,
  take: readonly CustomerField[],
): CustomerRecord {
  const taken = customerFields.filter((field) => {
    const there = gone[field] !== null && !isErased(gone[field]);
    return there && (kept[field] === null || take.includes(field));
  });
  return { ...kept, ...Object.fromEntries(taken.map((field) => [field, gone[field]])) };
}
