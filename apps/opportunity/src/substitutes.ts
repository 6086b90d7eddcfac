import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, type ObjectLiteral, type Repository, type SelectQueryBuilder } from 'typeorm';
import { isAllowed } from '#libs/auth/src/permissions.js';
import type { Role } from '#libs/events/src/identity.js';
import { openStages } from '#libs/events/src/opportunity.js';
import { InboxRow } from './approval-inbox/approval-inbox.entity.js';
import { StandIns } from './approvals/stand-ins.js';
import { DealRow } from './deal-list/deal.entity.js';
import { KnownUser } from './known-users/known-user.entity.js';

/** A request names fewer people than this, so that one of them always fits where so many are there. */
const mostCandidates = 250;

/** Who takes over what somebody else can't do any more. */
@Injectable()
export class Substitutes {
  constructor(
    @InjectRepository(KnownUser, 'opportunity') private readonly users: Repository<KnownUser>,
    @InjectRepository(InboxRow, 'opportunity') private readonly inbox: Repository<InboxRow>,
    @InjectRepository(DealRow, 'opportunity') private readonly deals: Repository<DealRow>,
    private readonly standIns: StandIns,
  ) {}

  /** Those who may decide for an approver who is gone: whom the deletion names, who stood in for them, then managers. */
  async ofApprover(userId: string, reassignTo: string | null, instant: string): Promise<readonly string[]> {
    const delegates = await this.standIns.successorsOf(userId, instant);
    return this.forApprover(reassignTo === null ? delegates : [reassignTo, ...delegates]);
  }

  /** First those who are named, while they are there and may decide, then managers, who may be known already. */
  async forApprover(
    named: readonly string[],
    managers: () => Promise<readonly string[]> = () => this.managers(),
  ): Promise<readonly string[]> {
    const known = named.length > 0 ? await this.users.findBy({ id: In([...named]), active: true }) : [];
    const fit = known.filter(({ role }) => isAllowed([role], 'approvals:decide')).map(({ id }) => id);
    return [...named.filter((id) => fit.includes(id)), ...(await managers())];
  }

  /** Managers, those first for whom the fewest requests wait. */
  async managers(): Promise<readonly string[]> {
    const waiting = this.inbox.createQueryBuilder('row').select('row.approverId', 'id').groupBy('row.approverId');
    const ranked = await this.ranked(['MANAGER'], waiting.where({ status: 'PENDING', waiting: true }));
    return ranked.slice(0, mostCandidates);
  }

  /** Who looks after the deals of somebody who is gone: who was named, else whoever has the fewest; null if nobody. */
  async forOwner(named: string | null): Promise<string | null> {
    const user = named === null ? null : await this.users.findOneBy({ id: named, active: true });
    if (user && isAllowed([user.role], 'deals:write')) return user.id;
    const open = this.deals.createQueryBuilder('row').select('row.ownerId', 'id').groupBy('row.ownerId');
    const ranked = await this.ranked(['SALES', 'MANAGER'], open.where({ deleted: false, stage: In([...openStages]) }));
    return ranked[0] ?? null;
  }

  /** Active users of these roles, those first who have the fewest rows of the grouped query; of equals the first by id. */
  private async ranked<Row extends ObjectLiteral>(
    roles: readonly Role[],
    rows: SelectQueryBuilder<Row>,
  ): Promise<readonly string[]> {
    const users = await this.users.findBy({ active: true, role: In([...roles]) });
    const counts = await rows.addSelect('count(*)', 'count').getRawMany<{ id: string; count: string }>();
    const burden = new Map(counts.map(({ id, count }) => [id, Number(count)]));
    return users
      .map(({ id }) => ({ id, burden: burden.get(id) ?? 0 }))
      .toSorted((a, b) => a.burden - b.burden || (a.id < b.id ? -1 : 1))
      .map(({ id }) => id);
  }
}
