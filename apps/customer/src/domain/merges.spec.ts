import { expect, it } from 'vitest';
import { Refusal } from '#libs/event-sourcing/src/decider.js';
import type { CustomerEvent } from '#libs/events/src/customer.js';
import { testContext } from '#libs/testing/src/given.js';
import { hanako } from '../spec-histories.js';
import { ConcludeMerge, type CustomerCommand, MergeInto, RequestMerge } from './customer-commands.js';
import { customerDecider } from './customer.decider.js';
import type { CustomerState } from './customer.js';

const context = testContext();

function written(customerId: string): CustomerEvent {
  return { type: 'customer.created', data: { customerId, ...hanako, assignedSalesId: null } };
}

/** Two customers, each with a stream of their own. */
class Customers {
  private readonly streams = new Map<string, readonly CustomerEvent[]>([
    ['a', [written('a')]],
    ['b', [written('b')]],
  ]);

  events(id: string): readonly CustomerEvent[] {
    return this.streams.get(id) ?? [];
  }

  state(id: string): CustomerState {
    return this.events(id).reduce(customerDecider.evolve, customerDecider.initialState);
  }

  /** Whether it was carried out. */
  send(command: CustomerCommand): boolean {
    const decided = customerDecider.decide(command, this.state(command.target));
    if (decided instanceof Refusal) return false;
    this.streams.set(command.target, [...this.events(command.target), ...decided]);
    return true;
  }
}

/** What the route and the policy do, step by step: others may come between any two of them. */
function* merging(customers: Customers, mergeId: string, into: string, gone: string): Generator<void> {
  const requested = customers.send(new RequestMerge(into, { mergeId, mergedCustomerId: gone, take: [] }, context));
  yield;
  if (!requested) return;
  customers.send(new MergeInto(gone, { mergeId, intoCustomerId: into }, context));
  yield;
  const customer = customers.state(gone);
  const merged = customer.status === 'merged' && customer.intoCustomerId === into;
  yield;
  const outcome = { mergeId, gone: merged ? customer.record : undefined };
  customers.send(new ConcludeMerge(into, outcome, context));
}

/** The one who stays, and the one who goes. */
type Pair = readonly [string, string];

/** Every order in which two may take turns, four steps each. */
function orders(first: number, second: number): readonly (readonly number[])[] {
  if (first === 0 && second === 0) return [[]];
  return [
    ...(first > 0 ? orders(first - 1, second).map((rest) => [0, ...rest]) : []),
    ...(second > 0 ? orders(first, second - 1).map((rest) => [1, ...rest]) : []),
  ];
}

it.each<[string, Pair, Pair, number]>([
  ['the same two one', ['a', 'b'], ['a', 'b'], 1],
  ['each into the other one at most', ['a', 'b'], ['b', 'a'], 0],
])('of two merges at once of %s takes place, once, in whatever order', (_name, one, two, atLeast) => {
  expect(orders(4, 4)).toHaveLength(70);
  for (const order of orders(4, 4)) {
    const customers = new Customers();
    const merges = [merging(customers, 'm1', ...one), merging(customers, 'm2', ...two)];
    for (const turn of order) merges[turn]!.next();
    const types = ['a', 'b'].flatMap((id) => customers.events(id)).map(({ type }) => type);
    const count = (wanted: CustomerEvent['type']): number => types.filter((type) => type === wanted).length;
    const gone = ['a', 'b'].filter((id) => customers.state(id).status === 'merged').length;
    expect([count('customer.absorbed'), count('customer.merged')], order.join('')).toEqual([gone, gone]);
    expect(gone).toBeLessThan(2);
    expect(gone).toBeGreaterThanOrEqual(atLeast);
    expect(count('customer.merge_requested')).toBe(gone + count('customer.merge_abandoned'));
  }
});
