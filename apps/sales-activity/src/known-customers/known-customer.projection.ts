import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import type { CustomerEvent, CustomerEvents } from '#libs/events/src/customer.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import { whenErased } from '#libs/personal-data/src/erased-rows.js';
import { KnownCustomer } from './known-customer.entity.js';

export const knownCustomerProjection = projection<KnownCustomer, CustomerEvents & ErasureEvents>({
  name: 'sales_customer',
  version: 1,
  entity: KnownCustomer,
  on: {
    'customer.created': {
      keys: customerId,
      evolve: (_row, event) => ({
        id: event.data.customerId,
        name: event.data.name,
        deleted: false,
        mergedInto: null,
        ...toldBy(event),
      }),
    },
    'customer.updated': { keys: customerId, evolve: (row, { data }) => row && { ...row, name: data.name } },
    'customer.deleted': {
      keys: customerId,
      evolve: (row, event) => row && { ...row, deleted: true, ...toldBy(event) },
    },
    'customer.restored': {
      keys: customerId,
      evolve: (row, event) => row && { ...row, deleted: false, ...toldBy(event) },
    },
    'customer.merged': {
      keys: customerId,
      evolve: (row, event) => row && { ...row, mergedInto: event.data.intoCustomerId, ...toldBy(event) },
    },
    ...whenErased<KnownCustomer>('customer', (id) => ({ where: { id }, set: { name: erased } })),
  },
});

function customerId({ data }: RecordedEvent<CustomerEvent>): string[] {
  return [data.customerId];
}

function toldBy({ stream, revision }: RecordedEvent): Pick<KnownCustomer, 'stream' | 'revision'> {
  return { stream, revision };
}
