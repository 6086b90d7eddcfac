import { expect, it } from 'vitest';
import type { Repository } from 'typeorm';
import type { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import type { EventStore } from '#libs/event-sourcing/src/event-store.js';
import type { CustomerUserRow } from './customer-users/customer-users.entity.js';
import { SalesPeople } from './sales-people.js';

it.each([
  ['where read models get to', 5n, [5n]],
  ['which is nowhere while there are only events of the store', -1n, []],
])('somebody unknown is waited for up to the newest event, %s', async (_where, head, expected) => {
  const waits: bigint[] = [];
  const users = { findOneBy: async () => null } as unknown as Repository<CustomerUserRow>;
  const awaitPosition = async (_name: string, position: bigint) => void waits.push(position);
  const contexts = { readModels: { awaitPosition } } as unknown as ContextRegistry;
  const store = { head: async () => 9n, headOfConsumers: async () => head } as unknown as EventStore;
  const demanded = new SalesPeople(users, contexts, store).demand('nobody');
  await expect(demanded).rejects.toMatchObject({ code: 'sales_person_unknown' });
  expect(waits).toEqual(expected);
});
