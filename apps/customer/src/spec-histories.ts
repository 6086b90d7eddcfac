import type { CustomerEvent, CustomerRecord } from '#libs/events/src/customer.js';
import { erased } from '#libs/events/src/erased.js';

export const customerId = 'c1';
export const other = 'c2';

export const hanako: CustomerRecord = {
  name: '佐藤 花子',
  nameKana: 'サトウ ハナコ',
  email: 'hanako.sato@example.jp',
  phone: '090-1234-5678',
  postalCode: '100-0001',
  address: '東京都千代田区千代田1-1',
  birthDate: '1980-04-01',
  note: null,
  investmentProfile: 'moderate',
  riskTolerance: 'medium',
};

export const created: CustomerEvent = {
  type: 'customer.created',
  data: { customerId, ...hanako, assignedSalesId: null },
};
/** `created`, as it is read once the customer was erased. */
export const erasedOne: CustomerEvent = {
  type: 'customer.created',
  data: { customerId, ...hanako, name: erased, nameKana: erased, email: erased, phone: erased, assignedSalesId: null },
};
export const deleted: CustomerEvent = { type: 'customer.deleted', data: { customerId, reason: 'requested' } };
export const restored: CustomerEvent = { type: 'customer.restored', data: { customerId } };
export const merged: CustomerEvent = { type: 'customer.merged', data: { customerId, intoCustomerId: other } };
export const mergeRequested: CustomerEvent = {
  type: 'customer.merge_requested',
  data: { customerId, mergeId: 'm1', mergedCustomerId: other, take: ['phone'] },
};
export const absorbed: CustomerEvent = {
  type: 'customer.absorbed',
  data: { customerId, mergeId: 'm1', mergedCustomerId: other },
};

export function assigned(assignedSalesId: string | null, previousSalesId: string | null = null): CustomerEvent {
  return { type: 'customer.assigned', data: { customerId, assignedSalesId, previousSalesId, cause: 'requested' } };
}
