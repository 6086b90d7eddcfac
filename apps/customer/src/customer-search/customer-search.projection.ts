import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import { type CustomerEvent, type CustomerEvents, type CustomerRecord, isErased } from '#libs/events/src/customer.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import { whenErased } from '#libs/personal-data/src/erased-rows.js';
import { emailKey, nameKey, phoneKey, postalKey } from '../search-keys.js';
import { CustomerSearchRow } from './customer-search.entity.js';
import { gramsOf } from './search-grams.js';

const nothing = {
  nameKey: null,
  kanaKey: null,
  emailKey: null,
  phoneKey: null,
  birthDate: null,
  postalKey: null,
  grams: [],
};

export const customerSearchProjection = projection<CustomerSearchRow, CustomerEvents & ErasureEvents>({
  name: 'customer_search',
  version: 1,
  entity: CustomerSearchRow,
  on: {
    'customer.created': {
      keys: customerId,
      evolve: (_row, { data }) => ({ id: data.customerId, active: true, ...searched(data) }),
    },
    'customer.updated': { keys: customerId, evolve: (row, { data }) => row && { ...row, ...searched(data) } },
    'customer.deleted': { keys: customerId, evolve: (row) => row && { ...row, active: false } },
    'customer.restored': { keys: customerId, evolve: (row) => row && { ...row, active: true } },
    'customer.merged': { keys: customerId, evolve: (row) => row && { ...row, active: false } },
    ...whenErased<CustomerSearchRow>('customer', (id) => ({ where: { id }, set: nothing })),
  },
});

/** What a customer is compared by; null where nothing is known, or where it was erased. */
export function keysOf(record: CustomerRecord): Omit<CustomerSearchRow, 'id' | 'active' | 'grams'> {
  return {
    nameKey: keyed(record.name, nameKey),
    kanaKey: keyed(record.nameKana, nameKey),
    emailKey: keyed(record.email, emailKey),
    phoneKey: keyed(record.phone, phoneKey),
    birthDate: keyed(record.birthDate, (day) => day),
    postalKey: keyed(record.postalCode, postalKey),
  };
}

function searched(record: CustomerRecord): Omit<CustomerSearchRow, 'id' | 'active'> {
  const keys = keysOf(record);
  return { ...keys, grams: gramsOf([keys.nameKey, keys.kanaKey, keys.emailKey, keys.phoneKey]) };
}

function keyed(text: string | null, key: (text: string) => string): string | null {
  return text === null || isErased(text) ? null : key(text);
}

function customerId(event: RecordedEvent<CustomerEvent>): string[] {
  return [event.data.customerId];
}
