import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import type { CustomerEvent, CustomerEvents } from '#libs/events/src/customer.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import { whenErased } from '#libs/personal-data/src/erased-rows.js';
import { recordOf } from '../domain/customer.js';
import { nameKey } from '../search-keys.js';
import { CustomerRow } from './customer-list.entity.js';

export const customerListProjection = projection<CustomerRow, CustomerEvents & ErasureEvents>({
  name: 'customer_list',
  version: 1,
  entity: CustomerRow,
  on: {
    'customer.created': {
      keys: customerId,
      evolve: (_row, event) => ({
        id: event.data.customerId,
        status: 'active',
        ...recordOf(event.data),
        reading: nameKey(event.data.nameKana ?? event.data.name),
        ...assignedTo(event.data.assignedSalesId),
        mergedInto: null,
        createdAt: new Date(event.metadata.occurredAt),
        deletedAt: null,
        ...touched(event),
      }),
    },
    'customer.updated': {
      keys: customerId,
      evolve: (row, event) =>
        row && {
          ...row,
          ...recordOf(event.data),
          reading: nameKey(event.data.nameKana ?? event.data.name),
          ...touched(event),
        },
    },
    'customer.deleted': {
      keys: customerId,
      evolve: (row, event) =>
        row && { ...row, status: 'deleted', deletedAt: new Date(event.metadata.occurredAt), ...touched(event) },
    },
    'customer.restored': {
      keys: customerId,
      evolve: (row, event) => row && { ...row, status: 'active', deletedAt: null, ...touched(event) },
    },
    'customer.assigned': {
      keys: customerId,
      evolve: (row, event) => row && { ...row, ...assignedTo(event.data.assignedSalesId), ...touched(event) },
    },
    'customer.merged': {
      keys: customerId,
      evolve: (row, event) =>
        row && { ...row, status: 'merged', mergedInto: event.data.intoCustomerId, ...touched(event) },
    },
    'customer.merge_requested': { keys: customerId, evolve: seen },
    'customer.merge_refused': { keys: customerId, evolve: seen },
    'customer.absorbed': { keys: customerId, evolve: seen },
    'customer.merge_abandoned': { keys: customerId, evolve: seen },
    ...whenErased<CustomerRow>('customer', (id) => ({
      where: { id },
      set: {
        name: erased,
        nameKana: erased,
        reading: erased,
        email: erased,
        phone: erased,
        postalCode: erased,
        address: erased,
        birthDate: erased,
        note: erased,
      },
    })),
  },
});

function assignedTo(assignedSalesId: string | null): Pick<CustomerRow, 'assignedSalesId' | 'assigned'> {
  return { assignedSalesId, assigned: assignedSalesId !== null };
}

/** What changes nothing that is listed, but the revision. */
function seen(row: CustomerRow | undefined, event: RecordedEvent): CustomerRow | undefined {
  return row && { ...row, ...touched(event) };
}

function customerId(event: RecordedEvent<CustomerEvent>): string[] {
  return [event.data.customerId];
}

function touched({ revision, metadata }: RecordedEvent): Pick<CustomerRow, 'revision' | 'updatedAt'> {
  return { revision, updatedAt: new Date(metadata.occurredAt) };
}
