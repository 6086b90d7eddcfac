import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { CommandBus } from '@nestjs/cqrs';
import { MoreThan } from 'typeorm';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { EventOfType, Recorded } from '#libs/event-sourcing/src/event.js';
import { FanOut } from '#libs/event-sourcing/src/fan-out.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { UserEvent } from '#libs/events/src/identity.js';
import { approvalInboxProjection } from '../approval-inbox/approval-inbox.projection.js';
import { approvalListProjection } from '../approval-list/approval-list.projection.js';
import { dealListProjection } from '../deal-list/deal-list.projection.js';
import { delegationListProjection } from '../delegation-list/delegation-list.projection.js';
import { ReplaceApprover, WithdrawApproval } from '../domain/approval-commands.js';
import { ReassignDeal } from '../domain/deal.js';
import { delegationDecider, RevokeDelegation } from '../domain/delegation.decider.js';
import { KnownPeople } from '../known-people.js';
import { Substitutes } from '../substitutes.js';

type UserDeleted = Recorded<EventOfType<UserEvent, 'user.deleted'>>;

/** What a user had to do goes on without them. */
@Controller()
export class FollowUsersPolicy {
  constructor(
    private readonly fanOut: FanOut,
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly people: KnownPeople,
    private readonly substitutes: Substitutes,
  ) {}

  @Policy('opportunity/follow-users', { on: ['user.deleted'], key: streamOf, startFrom: 'beginning' })
  async handle(@Payload() event: UserDeleted, @Ctx() context: PolicyContext): Promise<void> {
    const { userId, reassignTo } = event.data;
    await this.people.deletedAfter(event.position, [userId]);
    // Whoever stood in for them is a better substitute than a stranger.
    await this.replaceAsApprover(event, context);
    await this.fanOut.run(context, {
      over: approvalListProjection,
      where: { requesterId: userId, status: 'PENDING' },
      command: ({ id }) => new WithdrawApproval(id, { reason: 'requester_deleted' }, context.command(id)),
    });
    const toUserId = await this.substitutes.forOwner(reassignTo ?? null);
    await this.fanOut.run(context, {
      over: dealListProjection,
      where: { ownerId: userId },
      command: ({ id }) => new ReassignDeal(id, { fromUserId: userId, toUserId }, context.command(id)),
    });
    await this.endDelegations(userId, context);
  }

  private async replaceAsApprover({ data, metadata }: UserDeleted, context: PolicyContext): Promise<void> {
    const { userId, reassignTo } = data;
    const substitutes = await this.substitutes.ofApprover(userId, reassignTo ?? null, metadata.occurredAt);
    await this.fanOut.run(context, {
      over: approvalInboxProjection,
      where: { approverId: userId, status: 'PENDING' },
      command: ({ approvalId }) =>
        new ReplaceApprover(approvalId, { userId, substitutes }, context.command(approvalId)),
    });
  }

  private async endDelegations(userId: string, context: PolicyContext): Promise<void> {
    const end = (delegatorId: string, delegationId: string) =>
      new RevokeDelegation(delegatorId, { delegationId, reason: 'user_deleted' }, context.command(delegationId));
    const now = context.event.metadata.occurredAt;
    const { delegations } = await this.aggregates.load(delegationDecider, userId);
    for (const { delegationId, until, revoked } of delegations) {
      if (!revoked && until > now) await this.commands.execute(end(userId, delegationId));
    }
    await this.fanOut.run(context, {
      over: delegationListProjection,
      where: { delegateId: userId, revoked: false, until: MoreThan(new Date(now)) },
      command: ({ id, delegatorId }) => end(delegatorId, id),
    });
  }
}
