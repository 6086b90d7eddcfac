import type { Repository } from 'typeorm';
import { expect, it } from 'vitest';
import type { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { DelegationEvent } from '#libs/events/src/opportunity.js';
import type { DelegationRow } from '../delegation-list/delegation.entity.js';
import { delegationDecider, type DelegationState, type Period } from '../domain/delegation.decider.js';
import { StandIns } from './stand-ins.js';

const day = (date: number): string => `2026-01-${String(date).padStart(2, '0')}T00:00:00.000Z`;
const days = (from: number, until: number): Period => ({ from: day(from), until: day(until) });

/** Who is read in which order, and who stands in for `first` then. */
async function delegatesOf(first: string, period: Period, given: readonly (readonly [string, string, Period])[]) {
  const read: string[] = [];
  const load = (_decider: unknown, id: string): Promise<DelegationState> => {
    read.push(id);
    const own = given.filter(([delegatorId]) => delegatorId === id);
    const delegations = own.map(([, delegateId, time], index) => ({
      delegationId: `${id}-${index}`,
      delegateId,
      ...time,
      revoked: null,
    }));
    return Promise.resolve({ status: 'known', delegations });
  };
  const standIns = new StandIns({ load } as unknown as Aggregates, {} as Repository<DelegationRow>);
  return { found: await standIns.delegatesOf(first, period), read };
}

it('reads everybody once, however many ways lead to them', async () => {
  // Each of them delegates to one person first and to another one later; both delegate on to the same one.
  const chain = Array.from({ length: 12 }, (_, link) => {
    const [top, left, right, next] = [`top${link}`, `left${link}`, `right${link}`, `top${link + 1}`];
    return [
      [top, left, days(1, 10)],
      [top, right, days(10, 20)],
      [left, next, days(1, 20)],
      [right, next, days(1, 20)],
    ] as const;
  }).flat();
  const { found, read } = await delegatesOf('top0', days(1, 20), chain);
  expect(read).toHaveLength(1 + 12 * 3);
  expect(new Set(read).size).toBe(read.length);
  expect(found).toHaveLength(12 * 3);
});

it('finds a circle only where it exists at some moment', async () => {
  const week = days(1, 8);
  const leading = (time: Period) => [['dan', 'mio', days(1, 4)] as const, ['mio', 'aya', time] as const];
  expect((await delegatesOf('dan', week, leading(days(3, 8)))).found).toEqual(['mio', 'aya']);
  expect((await delegatesOf('dan', week, leading(days(4, 8)))).found).toEqual(['mio']);
});

it('comes to an end where a circle exists already', async () => {
  const circle = [['dan', 'mio', days(1, 8)] as const, ['mio', 'dan', days(2, 5)] as const];
  expect((await delegatesOf('dan', days(1, 8), circle)).found).toEqual(['mio', 'dan']);
});

function standIns(events: readonly DelegationEvent[]): StandIns {
  const load = (_decider: unknown, id: string) =>
    Promise.resolve(
      events
        .filter(({ data }) => data.delegatorId === id)
        .reduce(delegationDecider.evolve, delegationDecider.initialState),
    );
  return new StandIns({ load } as unknown as Aggregates, {} as Repository<DelegationRow>);
}

it('whoever stood in for somebody takes over, also where the delegation ended with them already', async () => {
  const facts = { delegationId: 'd1', delegatorId: 'aya', delegateId: 'dan' };
  const granted: DelegationEvent = { type: 'delegation.granted', data: { ...facts, ...days(5, 12) } };
  const ended: DelegationEvent = { type: 'delegation.revoked', data: { ...facts, reason: 'user_deleted' } };
  expect(await standIns([granted]).successorsOf('aya', day(6))).toEqual(['dan']);
  expect(await standIns([granted, ended]).successorsOf('aya', day(6))).toEqual(['dan']);
  expect(
    await standIns([granted, ended]).chainsTo('dan', ['aya'], day(6)),
    'and decides no more in their place',
  ).toEqual({});
});
