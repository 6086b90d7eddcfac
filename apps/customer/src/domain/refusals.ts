import { Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { CustomerRefusal, CustomerState } from './customer.js';

export function unknown(): Refusal<CustomerRefusal> {
  return new Refusal('customer_not_found', 'No customer has this id. GET /api/customers lists them.');
}

/** Why nothing can be done with a customer that is not active. */
export function notActive(customer: Exclude<CustomerState, { status: 'active' }>): Refusal<CustomerRefusal> {
  switch (customer.status) {
    case 'none':
      return unknown();
    case 'deleted':
      return new Refusal('customer_is_deleted', 'This customer was deleted. Restore it first.', {
        changedBy: customer.endedBy,
      });
    case 'merged': {
      const { intoCustomerId, endedBy } = customer;
      const detail = `This customer became part of ${intoCustomerId}. Use that one.`;
      return new Refusal('customer_is_merged', detail, { intoCustomerId, changedBy: endedBy });
    }
    default:
      return unreachable(customer);
  }
}
