import type { Repository } from 'typeorm';
import { expect, it } from 'vitest';
import type { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { DelegationEvent } from '#libs/events/src/opportunity.js';
import type { DelegationRow } from '../delegation-list/delegation.entity.js';
import { delegationDecider } from '../domain/delegation.decider.js';
import { StandIns } from './stand-ins.js';

const period = { from: '2026-01-05T00:00:00.000Z', until: '2026-01-12T00:00:00.000Z' };
const now = '2026-01-06T00:00:00.000Z';

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
  const granted: DelegationEvent = { type: 'delegation.granted', data: { ...facts, ...period } };
  const ended: DelegationEvent = { type: 'delegation.revoked', data: { ...facts, reason: 'user_deleted' } };
  expect(await standIns([granted]).successorsOf('aya', now)).toEqual(['dan']);
  expect(await standIns([granted, ended]).successorsOf('aya', now)).toEqual(['dan']);
  expect(await standIns([granted, ended]).chainsTo('dan', ['aya'], now), 'and decides no more in their place').toEqual(
    {},
  );
});
