import { describe, expect, it } from 'vitest';
import type { DelegationEvent } from '#libs/events/src/opportunity.js';
import { given, testContext } from '#libs/testing/src/given.js';
import {
  delegateAt,
  delegatesIn,
  delegationDecider,
  lastDelegateAt,
  type DelegationState,
  GrantDelegation,
  RevokeDelegation,
} from './delegation.decider.js';

const period = { from: '2026-01-06T00:00:00.000Z', until: '2026-01-13T00:00:00.000Z' };
const facts = { delegationId: 'd1', delegatorId: 'aya', delegateId: 'dan' };
const granted: DelegationEvent = { type: 'delegation.granted', data: { ...facts, ...period } };
const revoked: DelegationEvent = { type: 'delegation.revoked', data: { ...facts, reason: 'requested' } };

function grant(changes: Partial<GrantDelegation['data']> = {}): GrantDelegation {
  const data = { delegationId: 'd1', delegateId: 'dan', ...period, findings: { users: {} }, delegatesOfDelegate: [] };
  return new GrantDelegation('aya', { ...data, ...changes }, testContext());
}

describe('delegating', () => {
  it('is on record with both names and its time', () => {
    given(delegationDecider).when(grant()).then(granted);
  });

  it.each([
    ['ends before it begins', { until: '2026-01-05T23:00:00.000Z' }],
    ['is over', { from: '2025-01-01T00:00:00.000Z', until: '2026-01-05T09:00:00.000Z' }],
    ['is longer than a year', { until: '2027-01-08T00:00:00.000Z' }],
  ])('is refused for a time that %s', (_name, changes) => {
    given(delegationDecider).when(grant(changes)).thenRefused('delegation_period');
  });

  it('is refused where it would lead back to the delegator', () => {
    given(delegationDecider)
      .when(grant({ delegateId: 'aya' }))
      .thenRefused('delegation_cycle');
    given(delegationDecider)
      .when(grant({ delegatesOfDelegate: ['mio', 'aya'] }))
      .thenRefused('delegation_cycle');
  });

  it('is refused while another one lasts, and possible right after it or once it is revoked', () => {
    const next = { delegationId: 'd2', from: '2026-01-12T00:00:00.000Z', until: '2026-01-20T00:00:00.000Z' };
    const data = { ...facts, ...next };
    given(delegationDecider, granted).when(grant(next)).thenRefused('delegation_overlaps');
    given(delegationDecider, granted, revoked).when(grant(next)).then({ type: 'delegation.granted', data });
    given(delegationDecider, granted)
      .when(grant({ ...next, from: period.until }))
      .then({ type: 'delegation.granted', data: { ...data, from: period.until } });
  });

  it.each([
    ['unknown', 'user_unknown'],
    ['deleted', 'user_is_deleted'],
    ['unfit', 'user_unfit'],
  ] as const)('is refused to a user who is %s', (finding, code) => {
    given(delegationDecider)
      .when(grant({ findings: { users: { dan: finding } } }))
      .thenRefused(code);
  });
});

describe('revoking', () => {
  const revoke = new RevokeDelegation('aya', { delegationId: 'd1', reason: 'requested' }, testContext());

  it('ends a delegation once', () => {
    given(delegationDecider, granted).when(revoke).then(revoked);
    given(delegationDecider, granted, revoked).when(revoke).thenNothing();
    given(delegationDecider).when(revoke).thenRefused('delegation_not_found');
  });
});

describe('who the delegate is', () => {
  const state = (...events: DelegationEvent[]): DelegationState =>
    events.reduce(delegationDecider.evolve, delegationDecider.initialState);

  it.each([
    ['2026-01-05T23:59:59.999Z', undefined],
    [period.from, 'dan'],
    ['2026-01-12T23:59:59.999Z', 'dan'],
    [period.until, undefined],
  ])('at %s: %s', (instant, delegate) => {
    expect(delegateAt(state(granted), instant)).toBe(delegate);
    expect(delegateAt(state(granted, revoked), instant)).toBeUndefined();
    expect(lastDelegateAt(state(granted, revoked), instant)).toBeUndefined();
  });

  it('when somebody is deleted is whoever was it until then, whichever policy is quicker', () => {
    const gone: DelegationEvent = { type: 'delegation.revoked', data: { ...facts, reason: 'user_deleted' } };
    expect(delegateAt(state(granted, gone), period.from)).toBeUndefined();
    expect(lastDelegateAt(state(granted, gone), period.from)).toBe('dan');
    expect(lastDelegateAt(state(granted, gone), period.until)).toBeUndefined();
    const other = { ...granted, data: { ...granted.data, delegationId: 'd2', delegateId: 'mio' } };
    expect(lastDelegateAt(state(granted, gone, other), period.from)).toBe('mio');
  });

  it('in a time is everybody whose delegation touches it, as long as it does', () => {
    const week = { from: '2026-01-12T00:00:00.000Z', until: '2026-01-20T00:00:00.000Z' };
    expect(delegatesIn(state(granted), week)).toEqual([{ id: 'dan', from: week.from, until: period.until }]);
    expect(delegatesIn(state(granted), { ...week, from: period.until })).toEqual([]);
    expect(delegatesIn(state(granted, revoked), week)).toEqual([]);
  });
});
