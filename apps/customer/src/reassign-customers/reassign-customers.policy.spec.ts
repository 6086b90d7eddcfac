import { expect, it } from 'vitest';
import { PolicyContext } from '#libs/event-sourcing/src/policy.js';
import { recorded } from '#libs/testing/src/given.js';
import type { CatchUp } from '../catch-up.js';
import { assigned } from '../spec-histories.js';
import { ReassignCustomersPolicy } from './reassign-customers.policy.js';

/** Handles an event whose user is there; answers up to where users were waited for. */
async function awaitedBy(handler: 'handleCustomer' | 'handleDeletion', event: object): Promise<unknown[]> {
  const awaited: unknown[] = [];
  const catchUp = {
    users: async () => void awaited.push('newest'),
    usersBefore: async (position: bigint) => void awaited.push(position),
  } as unknown as CatchUp;
  const users = { findOneBy: async () => ({ id: 'sato', active: true }) } as never;
  const others = { run: async () => undefined, of: async () => () => null } as never;
  const policy = new ReassignCustomersPolicy(users, others, others, catchUp, others, others);
  await policy[handler](event as never, new PolicyContext('customer/spec', event as never));
  return awaited;
}

it('whoever was assigned waits for users up to that event only, however long the log has become since', async () => {
  const [event] = recorded([assigned('sato')]);
  expect(await awaitedBy('handleCustomer', event!)).toEqual([event!.position]);
});

it('whoever was deleted is known to be, also where this process has not read so far', async () => {
  const [event] = recorded([{ type: 'user.deleted', data: { userId: 'sato' } }]);
  expect(await awaitedBy('handleDeletion', event!)).toEqual([event!.position, 'newest']);
});
