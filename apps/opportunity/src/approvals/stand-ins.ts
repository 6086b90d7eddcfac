import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, LessThanOrEqual, MoreThan, type Repository } from 'typeorm';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { DelegationRow } from '../delegation-list/delegation.entity.js';
import {
  delegateAt,
  delegatesIn,
  delegationDecider,
  lastDelegateAt,
  type Period,
  type StandIn,
} from '../domain/delegation.decider.js';

/** A delegate may delegate again, so often. */
const longestChain = 5;

/** Who stands in for whom, as the log says at this moment. Chains end by themselves, also where they lead in a circle. */
@Injectable()
export class StandIns {
  constructor(
    private readonly aggregates: Aggregates,
    @InjectRepository(DelegationRow, 'opportunity') private readonly delegations: Repository<DelegationRow>,
  ) {}

  /** Those of the approvers whose delegations lead to the caller at an instant, with the chain from each to the caller. */
  async chainsTo(
    callerId: string,
    approvers: readonly string[],
    instant: string,
  ): Promise<Readonly<Record<string, readonly string[]>>> {
    const chains = await Promise.all(approvers.map((approver) => this.chain(approver, callerId, instant)));
    return Object.fromEntries(chains.flatMap((chain) => (chain?.[0] === undefined ? [] : [[chain[0], chain]])));
  }

  /** Those whose delegations lead to this user now, as the list has them: for lists, not for decisions. */
  async delegatorsOf(userId: string): Promise<readonly string[]> {
    const now = new Date();
    const found = new Set<string>();
    let level: readonly string[] = [userId];
    for (let hops = 0; hops < longestChain && level.length > 0; hops++) {
      const rows = await this.delegations.findBy({
        delegateId: In([...level]),
        revoked: false,
        from: LessThanOrEqual(now),
        until: MoreThan(now),
      });
      level = rows.map(({ delegatorId }) => delegatorId).filter((id) => id !== userId && !found.has(id));
      for (const id of level) found.add(id);
    }
    return [...found];
  }

  /** Everybody whom delegations lead to at some moment of this time, directly or by way of others. */
  async delegatesOf(userId: string, { from, until }: Period): Promise<readonly string[]> {
    const found: StandIn[] = [];
    let level: readonly StandIn[] = [{ id: userId, from, until }];
    // However far: a circle is one too that is longer than any chain that counts.
    while (level.length > 0) {
      // Many ways lead to the same person, each for a time of its own: they are read once.
      const people = [...Map.groupBy(level, ({ id }) => id)];
      const delegates = await Promise.all(
        people.map(async ([id, times]) => {
          const state = await this.of(id);
          return times.flatMap((time) => delegatesIn(state, time));
        }),
      );
      level = delegates.flat().filter((next) => !found.some((known) => covers(known, next)));
      found.push(...level);
    }
    return [...new Set(found.map(({ id }) => id))];
  }

  /** Whom the approvals of somebody who was deleted then were delegated to, nearest first; they may be gone as well. */
  successorsOf(userId: string, instant: string): Promise<readonly string[]> {
    return this.follow(userId, instant, lastDelegateAt);
  }

  private async follow(userId: string, instant: string, next: typeof delegateAt): Promise<readonly string[]> {
    const chain = [userId];
    while (chain.length <= longestChain) {
      const delegate = next(await this.of(chain.at(-1)!), instant);
      if (delegate === undefined || chain.includes(delegate)) break;
      chain.push(delegate);
    }
    return chain.slice(1);
  }

  private async chain(approver: string, callerId: string, instant: string): Promise<readonly string[] | undefined> {
    const successors = await this.follow(approver, instant, delegateAt);
    const place = successors.indexOf(callerId);
    return place === -1 ? undefined : [approver, ...successors.slice(0, place + 1)];
  }

  private of(delegatorId: string) {
    return this.aggregates.load(delegationDecider, delegatorId);
  }
}

function covers(known: StandIn, next: StandIn): boolean {
  return known.id === next.id && known.from <= next.from && next.until <= known.until;
}
