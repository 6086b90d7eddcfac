import { type Decider, type Made, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EventOfType } from '#libs/event-sourcing/src/event.js';
import type { CustomerEvent } from '#libs/events/src/customer.js';
import type {
  AssignCustomer,
  ClaimCustomer,
  CreateCustomer,
  CustomerCommand,
  DeleteCustomer,
  RestoreCustomer,
  UpdateCustomer,
} from './customer-commands.js';
import { type ActiveCustomer, changedFields, type CustomerRefusal, type CustomerState, recordOf } from './customer.js';
import { concludeMerge, mergeInto, requestMerge } from './merges.js';
import { notActive, unknown } from './refusals.js';

export type Decision = readonly CustomerEvent[] | Refusal<CustomerRefusal>;

export const customerDecider: Decider<CustomerState, CustomerCommand, CustomerEvent, CustomerRefusal> = {
  category: 'customer',
  initialState: { status: 'none' },
  decide,
  evolve,
};

function decide(command: CustomerCommand, customer: CustomerState): Decision {
  switch (command.type) {
    case 'create_customer':
      return create(command, customer);
    case 'update_customer':
      return update(command, customer);
    case 'delete_customer':
      return remove(command, customer);
    case 'restore_customer':
      return restore(command, customer);
    case 'assign_customer':
      return assign(command, customer);
    case 'claim_customer':
      return claim(command, customer);
    case 'request_merge':
      return requestMerge(command, customer);
    case 'merge_into':
      return mergeInto(command, customer);
    case 'conclude_merge':
      return concludeMerge(command, customer);
    default:
      return unreachable(command);
  }
}

function create({ target: customerId, data }: CreateCustomer, customer: CustomerState): Decision {
  if (customer.status !== 'none') {
    return new Refusal('customer_exists', 'A customer with this id exists. Read it before you write another.');
  }
  const { record, ...rest } = data;
  const created: CustomerEvent = { type: 'customer.created', data: { customerId, ...record, ...rest } };
  const { assignedSalesId } = data;
  if (assignedSalesId === null) return [created];
  const assignment = { customerId, assignedSalesId, previousSalesId: null, cause: 'created' } as const;
  return [created, { type: 'customer.assigned', data: assignment }];
}

function update({ target: customerId, data }: UpdateCustomer, customer: CustomerState): Decision {
  if (customer.status !== 'active') return notActive(customer);
  const { record, ...rest } = data;
  const changed = changedFields(customer.record, record);
  if (changed.length === 0) return [];
  const { assignedSalesId } = customer;
  return [{ type: 'customer.updated', data: { customerId, ...record, assignedSalesId, changed, ...rest } }];
}

function remove({ target: customerId }: DeleteCustomer, customer: CustomerState): Decision {
  if (customer.status === 'deleted') return [];
  if (customer.status !== 'active') return notActive(customer);
  if (customer.merges.length > 0) {
    const detail = 'Another customer is becoming part of this one in this moment. Delete it when that is done.';
    return new Refusal('customer_is_merging', detail);
  }
  return [{ type: 'customer.deleted', data: { customerId, reason: 'requested' } }];
}

function restore({ target: customerId }: RestoreCustomer, customer: CustomerState): Decision {
  switch (customer.status) {
    case 'none':
      return unknown();
    case 'active':
      return [];
    case 'deleted':
      return [{ type: 'customer.restored', data: { customerId } }];
    case 'merged':
      return notActive(customer);
    default:
      return unreachable(customer);
  }
}

function assign({ target: customerId, data }: AssignCustomer, customer: CustomerState): Decision {
  if (customer.status !== 'active') return notActive(customer);
  const { salesId, cause, onlyFrom } = data;
  const { assignedSalesId: previousSalesId } = customer;
  // Somebody has decided meanwhile who looks after them.
  if (onlyFrom !== undefined && previousSalesId !== onlyFrom) return [];
  if (previousSalesId === salesId) return [];
  return [{ type: 'customer.assigned', data: { customerId, assignedSalesId: salesId, previousSalesId, cause } }];
}

function claim({ target: customerId, data: { salesId } }: ClaimCustomer, customer: CustomerState): Decision {
  if (customer.status !== 'active') return notActive(customer);
  const { assignedSalesId } = customer;
  if (assignedSalesId === salesId) return [];
  if (assignedSalesId !== null) {
    const detail = `The user ${assignedSalesId} looks after this customer already. Ask a manager to assign it anew.`;
    return new Refusal('customer_is_assigned', detail, { assignedSalesId });
  }
  return [
    {
      type: 'customer.assigned',
      data: { customerId, assignedSalesId: salesId, previousSalesId: null, cause: 'claimed' },
    },
  ];
}

function evolve(customer: CustomerState, event: CustomerEvent): CustomerState {
  if (event.type === 'customer.created') {
    const { assignedSalesId, importId } = event.data;
    // A file that was taken with its duplicates names them too; nobody has looked at them.
    const differsFrom = importId === undefined ? (event.data.differsFrom ?? []) : [];
    return { status: 'active', record: recordOf(event.data), assignedSalesId, absorbed: [], differsFrom, merges: [] };
  }
  return customer.status === 'none' ? customer : evolveKnown(customer, event);
}

function evolveKnown(
  customer: Exclude<CustomerState, { status: 'none' }>,
  event: Exclude<CustomerEvent, { type: 'customer.created' }> & Made,
): CustomerState {
  const { record, assignedSalesId, absorbed, differsFrom } = customer;
  const known = { record, assignedSalesId, absorbed, differsFrom };
  switch (event.type) {
    case 'customer.updated':
      return {
        ...customer,
        record: recordOf(event.data),
        differsFrom: [...new Set([...differsFrom, ...(event.data.differsFrom ?? [])])],
      };
    case 'customer.deleted':
      return { status: 'deleted', ...known, endedBy: event.changedBy };
    case 'customer.restored':
      return { status: 'active', ...known, merges: [] };
    case 'customer.assigned':
      return { ...customer, assignedSalesId: event.data.assignedSalesId };
    case 'customer.merged':
      return { status: 'merged', ...known, intoCustomerId: event.data.intoCustomerId, endedBy: event.changedBy };
    case 'customer.merge_requested': {
      const { mergeId, mergedCustomerId, take } = event.data;
      return active(customer, (merges) => [...merges, { mergeId, mergedCustomerId, take }]);
    }
    case 'customer.absorbed':
      return ended({ ...customer, absorbed: [...absorbed, event.data.mergedCustomerId] }, event);
    case 'customer.merge_abandoned':
      return ended(customer, event);
    case 'customer.merge_refused':
      return customer;
    default:
      return unreachable(event);
  }
}

/** A merge is not waited for any more. */
function ended(
  customer: CustomerState,
  { data: { mergeId } }: EventOfType<CustomerEvent, 'customer.absorbed' | 'customer.merge_abandoned'>,
): CustomerState {
  return active(customer, (merges) => merges.filter((merge) => merge.mergeId !== mergeId));
}

/** Merges go on in active customers only. */
function active(
  customer: CustomerState,
  change: (merges: ActiveCustomer['merges']) => ActiveCustomer['merges'],
): CustomerState {
  return customer.status === 'active' ? { ...customer, merges: change(customer.merges) } : customer;
}
