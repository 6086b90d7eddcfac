import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { EventOfType, Recorded } from '#libs/event-sourcing/src/event.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { ApprovalEvent, DealEvent, DelegationEvent } from '#libs/events/src/opportunity.js';
import { ReplaceApprover, WithdrawApproval } from '../domain/approval-commands.js';
import { approvalDecider } from '../domain/approval.decider.js';
import { everybody } from '../domain/approval.js';
import { ReassignDeal } from '../domain/deal.js';
import { RevokeDelegation } from '../domain/delegation.decider.js';
import { KnownPeople } from '../known-people.js';
import { Substitutes } from '../substitutes.js';

type Named =
  | Recorded<
      EventOfType<
        ApprovalEvent,
        'approval.requested' | 'approval.updated' | 'approval.restored' | 'approval.reassigned' | 'approval.escalated'
      >
    >
  | Recorded<EventOfType<DealEvent, 'deal.opened' | 'deal.updated' | 'deal.reassigned'>>
  | Recorded<EventOfType<DelegationEvent, 'delegation.granted'>>;

/** Whoever was named while they were being deleted is replaced as those are who were named before. */
@Controller()
export class CatchUpWithUsersPolicy {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly people: KnownPeople,
    private readonly substitutes: Substitutes,
  ) {}

  @Policy('opportunity/catch-up-with-users', {
    on: [
      'approval.requested',
      'approval.updated',
      'approval.restored',
      'approval.reassigned',
      'approval.escalated',
      'deal.opened',
      'deal.updated',
      'deal.reassigned',
      'delegation.granted',
    ],
    key: streamOf,
    startFrom: 'beginning',
  })
  async handle(@Payload() { data, position }: Named, @Ctx() context: PolicyContext): Promise<void> {
    if ('dealId' in data) await this.deal(data.dealId, data.ownerId, position, context);
    else if ('approvalId' in data) await this.approval(data.approvalId, position, context);
    else await this.delegation(data, position, context);
  }

  private async approval(id: string, position: bigint, context: PolicyContext): Promise<void> {
    const approval = await this.aggregates.load(approvalDecider, id);
    if (approval.status !== 'PENDING') return;
    const gone = await this.people.deletedAfter(position, [approval.requesterId, ...everybody(approval)]);
    if (gone.some((user) => user.id === approval.requesterId)) {
      await this.commands.execute(new WithdrawApproval(id, { reason: 'requester_deleted' }, context.command(id)));
      return;
    }
    for (const { id: userId, reassignTo } of gone) {
      const substitutes = await this.substitutes.ofApprover(userId, reassignTo, new Date().toISOString());
      await this.commands.execute(new ReplaceApprover(id, { userId, substitutes }, context.command(`${id} ${userId}`)));
    }
  }

  private async deal(id: string, ownerId: string | null, position: bigint, context: PolicyContext): Promise<void> {
    const gone = ownerId === null ? [] : await this.people.deletedAfter(position, [ownerId]);
    for (const { id: fromUserId, reassignTo } of gone) {
      const toUserId = await this.substitutes.forOwner(reassignTo);
      await this.commands.execute(new ReassignDeal(id, { fromUserId, toUserId }, context.command(id)));
    }
  }

  private async delegation(
    { delegationId, delegatorId, delegateId }: Extract<Named, { type: 'delegation.granted' }>['data'],
    position: bigint,
    context: PolicyContext,
  ): Promise<void> {
    const gone = await this.people.deletedAfter(position, [delegatorId, delegateId]);
    if (gone.length === 0) return;
    const data = { delegationId, reason: 'user_deleted' } as const;
    await this.commands.execute(new RevokeDelegation(delegatorId, data, context.command(delegationId)));
  }
}
