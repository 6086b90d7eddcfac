import { expect, it } from 'vitest';
import type { Repository } from 'typeorm';
import type { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import type { CustomerUserRow } from './customer-users/customer-users.entity.js';
import { SalesPeople } from './sales-people.js';

it('nobody is unknown before the copy has the whole log', async () => {
  const waits: string[] = [];
  const users = { findOneBy: async () => null } as unknown as Repository<CustomerUserRow>;
  const contexts = { readModels: { awaitHead: async (name: string) => void waits.push(name) } };
  const demanded = new SalesPeople(users, contexts as unknown as ContextRegistry).demand('nobody');
  await expect(demanded).rejects.toMatchObject({ code: 'sales_person_unknown' });
  expect(waits).toEqual(['customer_users']);
});
