import { Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import { type CustomerEvent, isErased } from '#libs/events/src/customer.js';
import type { ConcludeMerge, MergeInto, RequestMerge } from './customer-commands.js';
import {
  type ActiveCustomer,
  changedFields,
  type CustomerRefusal,
  type CustomerState,
  mergedRecord,
} from './customer.js';
import { notActive, unknown } from './refusals.js';

type Decision = readonly CustomerEvent[] | Refusal<CustomerRefusal>;

/*
 * Two streams take part in a merge. The one that stays is asked first and is then bound: it can be neither deleted nor
 * merged. The one that goes decides, once, and that can't be undone. The one that stays takes the outcome in. So two
 * customers that are merged into each other at once both stay, and who is merged twice at once is taken in once.
 */

export function requestMerge({ target: customerId, data }: RequestMerge, customer: CustomerState): Decision {
  if (data.mergedCustomerId === customerId) {
    return new Refusal('merge_with_itself', 'A customer can not become part of itself. Name two different ones.');
  }
  if (customer.status !== 'active') return notActive(customer);
  if (isErased(customer.record.name)) {
    const detail = 'This customer was erased: nothing can be written of them. Merge it into the other one instead.';
    return new Refusal('customer_is_erased', detail);
  }
  return (
    takenIn(customer, customerId, data.mergedCustomerId) ?? [
      { type: 'customer.merge_requested', data: { customerId, ...data } },
    ]
  );
}

/** Somebody else has asked for the same. */
function takenIn(
  { absorbed, merges }: ActiveCustomer,
  intoCustomerId: string,
  mergedCustomerId: string,
): Refusal<CustomerRefusal> | undefined {
  if (absorbed.includes(mergedCustomerId)) {
    const detail = `${mergedCustomerId} is part of this customer already. Nothing is left to merge.`;
    return new Refusal('customer_is_merged', detail, { intoCustomerId });
  }
  const pending = merges.find((merge) => merge.mergedCustomerId === mergedCustomerId);
  if (!pending) return undefined;
  const detail = `${mergedCustomerId} is becoming part of this customer in this moment. Read it when that is done.`;
  return new Refusal('customer_is_merging', detail, { mergeId: pending.mergeId });
}

export function mergeInto({ target: customerId, data }: MergeInto, customer: CustomerState): Decision {
  const { mergeId, intoCustomerId } = data;
  switch (customer.status) {
    case 'none':
      return unknown();
    case 'deleted':
    case 'merged':
      return [{ type: 'customer.merge_refused', data: { customerId, intoCustomerId, mergeId, reason: 'gone' } }];
    case 'active':
      if (customer.merges.length > 0) {
        return [{ type: 'customer.merge_refused', data: { customerId, intoCustomerId, mergeId, reason: 'merging' } }];
      }
      return [{ type: 'customer.merged', data: { customerId, intoCustomerId } }];
    default:
      return unreachable(customer);
  }
}

export function concludeMerge({ target: customerId, data }: ConcludeMerge, customer: CustomerState): Decision {
  const { mergeId, gone } = data;
  const pending = customer.status === 'active' && customer.merges.find((merge) => merge.mergeId === mergeId);
  if (customer.status !== 'active' || !pending) return [];
  const { mergedCustomerId, take } = pending;
  const outcome = { customerId, mergedCustomerId, mergeId };
  if (!gone || customer.absorbed.includes(mergedCustomerId)) {
    return [{ type: 'customer.merge_abandoned', data: outcome }];
  }
  const absorbed: CustomerEvent = { type: 'customer.absorbed', data: outcome };
  // Erased since they were asked: what is known of the other one can't be written of them any more.
  if (isErased(customer.record.name)) return [absorbed];
  const { assignedSalesId } = customer;
  const record = mergedRecord(customer.record, gone, take);
  const changed = changedFields(customer.record, record);
  if (changed.length === 0) return [absorbed];
  return [absorbed, { type: 'customer.updated', data: { customerId, ...record, assignedSalesId, changed } }];
}
