import { Command } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { DelegationEvent } from '#libs/events/src/opportunity.js';
import { type Findings, type PeopleRefusal, refusePeople } from './people.js';

/** From `from` until before `until`: ISO instants in UTC. */
export interface Period {
  readonly from: string;
  readonly until: string;
}

export interface Delegation extends Period {
  readonly delegationId: string;
  readonly delegateId: string;
}

/** Somebody who may decide for another one during this time. */
export interface StandIn extends Period {
  readonly id: string;
}

/** The target is the delegator. */
export class GrantDelegation extends Command<
  Delegation & {
    readonly findings: Findings;
    /** Everybody whom the delegate's delegations lead to at some moment of that time, directly or by way of others. */
    readonly delegatesOfDelegate: readonly string[];
  }
> {
  override readonly type = 'grant_delegation';
}

export class RevokeDelegation extends Command<{
  readonly delegationId: string;
  readonly reason: 'requested' | 'user_deleted';
}> {
  override readonly type = 'revoke_delegation';
}

export type DelegationCommand = GrantDelegation | RevokeDelegation;

/** What somebody has delegated, ever. */
export interface DelegationState {
  readonly status: 'known';
  readonly delegations: readonly (Delegation & { readonly revoked: RevokeDelegation['data']['reason'] | null })[];
}

export type DelegationRefusal =
  PeopleRefusal | 'delegation_not_found' | 'delegation_period' | 'delegation_overlaps' | 'delegation_cycle';

const longestDays = 366;

/** One stream for each delegator, so that what they delegate never overlaps. */
export const delegationDecider: Decider<DelegationState, DelegationCommand, DelegationEvent, DelegationRefusal> = {
  category: 'delegation',
  initialState: { status: 'known', delegations: [] },

  decide(command, state) {
    switch (command.type) {
      case 'grant_delegation':
        return grant(command, state);
      case 'revoke_delegation': {
        const { delegationId, reason } = command.data;
        const found = state.delegations.find((each) => each.delegationId === delegationId);
        if (!found) {
          return new Refusal('delegation_not_found', 'No delegation has this id. GET /api/delegations lists them.');
        }
        const { delegateId, revoked } = found;
        const data = { delegationId, delegatorId: command.target, delegateId, reason };
        return revoked ? [] : [{ type: 'delegation.revoked', data }];
      }
      default:
        return unreachable(command);
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'delegation.granted': {
        const { delegatorId: _, ...delegation } = event.data;
        return { ...state, delegations: [...state.delegations, { ...delegation, revoked: null }] };
      }
      case 'delegation.revoked': {
        const { delegationId, reason } = event.data;
        const delegations = state.delegations.map((each) =>
          each.delegationId === delegationId ? { ...each, revoked: reason } : each,
        );
        return { ...state, delegations };
      }
      default:
        return unreachable(event);
    }
  },
};

function grant(
  { target: delegatorId, data, context }: GrantDelegation,
  { delegations }: DelegationState,
): readonly DelegationEvent[] | Refusal<DelegationRefusal> {
  const { findings, delegatesOfDelegate, ...delegation } = data;
  const { delegateId, from, until } = delegation;
  const unfit = refusePeople(findings) ?? refusePeriod(delegation, context.occurredAt);
  if (unfit) return unfit;
  if (delegateId === delegatorId || delegatesOfDelegate.includes(delegatorId)) {
    const detail = `${delegateId} leads back to ${delegatorId} in that time. Delegate to somebody else, or for another time.`;
    return new Refusal('delegation_cycle', detail);
  }
  const other = delegations.find((each) => !each.revoked && overlap(each, { from, until }));
  if (other) {
    const detail = `From ${other.from} until ${other.until} ${other.delegateId} is the delegate. Revoke that first, or choose another time.`;
    return new Refusal('delegation_overlaps', detail, { delegationId: other.delegationId });
  }
  return [{ type: 'delegation.granted', data: { ...delegation, delegatorId } }];
}

function refusePeriod({ from, until }: Period, now: string): Refusal<DelegationRefusal> | undefined {
  const days = (Date.parse(until) - Date.parse(from)) / 86_400_000;
  if (until > now && days > 0 && days <= longestDays) return undefined;
  const detail = `A delegation ends after it begins, in the future, and lasts ${longestDays} days at most. Correct from and until.`;
  return new Refusal('delegation_period', detail);
}

export function overlap(a: Period, b: Period): boolean {
  return a.from < b.until && b.from < a.until;
}

/** To whom somebody's approvals are delegated at a time. */
export function delegateAt({ delegations }: DelegationState, instant: string): string | undefined {
  return delegations.find((each) => !each.revoked && lastsAt(each, instant))?.delegateId;
}

/** The same of somebody who was deleted then. What ended with a user stood until that moment. */
export function lastDelegateAt(state: DelegationState, instant: string): string | undefined {
  const ended = state.delegations.findLast((each) => each.revoked === 'user_deleted' && lastsAt(each, instant));
  return delegateAt(state, instant) ?? ended?.delegateId;
}

function lastsAt({ from, until }: Period, instant: string): boolean {
  return from <= instant && instant < until;
}

/** To whom they are delegated at any moment of a period, and for how much of it. */
export function delegatesIn({ delegations }: DelegationState, period: Period): readonly StandIn[] {
  const inForce = delegations.filter((each) => !each.revoked && overlap(each, period));
  return inForce.map(({ delegateId, from, until }) => ({
    id: delegateId,
    from: from > period.from ? from : period.from,
    until: until < period.until ? until : period.until,
  }));
}
