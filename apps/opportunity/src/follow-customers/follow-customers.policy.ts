import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EventOfType, Recorded } from '#libs/event-sourcing/src/event.js';
import { FanOut } from '#libs/event-sourcing/src/fan-out.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { CustomerEvent } from '#libs/events/src/customer.js';
import { approvalListProjection } from '../approval-list/approval-list.projection.js';
import { dealListProjection } from '../deal-list/deal-list.projection.js';
import { MoveApproval, RestoreApproval, WithdrawApproval } from '../domain/approval-commands.js';
import { DeleteDeal, MoveDeal, RestoreDeal } from '../domain/deal.js';

type CustomerChanged = Recorded<
  EventOfType<CustomerEvent, 'customer.deleted' | 'customer.restored' | 'customer.merged'>
>;

const reason = 'customer_deleted';

/** What belongs to a customer goes with them, comes back with them, and follows them into another customer. */
@Controller()
export class FollowCustomersPolicy {
  constructor(private readonly fanOut: FanOut) {}

  @Policy('opportunity/follow-customers', {
    on: ['customer.deleted', 'customer.restored', 'customer.merged'],
    key: streamOf,
    startFrom: 'beginning',
  })
  async handle(@Payload() event: CustomerChanged, @Ctx() context: PolicyContext): Promise<void> {
    switch (event.type) {
      case 'customer.deleted':
        return this.delete(event.data.customerId, context);
      case 'customer.restored':
        return this.restore(event.data.customerId, context);
      case 'customer.merged':
        return this.move(event.data.customerId, event.data.intoCustomerId, context);
      default:
        return unreachable(event);
    }
  }

  private async delete(customerId: string, context: PolicyContext): Promise<void> {
    await this.fanOut.run(context, {
      over: approvalListProjection,
      where: { customerId, status: 'PENDING' },
      command: ({ id }) => new WithdrawApproval(id, { reason }, context.command(id)),
    });
    await this.fanOut.run(context, {
      over: dealListProjection,
      where: { customerId, deleted: false },
      command: ({ id }) => new DeleteDeal(id, { reason }, context.command(id)),
    });
  }

  /** Where the customer was deleted just before, the lists may not show yet what that has done: the rules know. */
  private async restore(customerId: string, context: PolicyContext): Promise<void> {
    await this.fanOut.run(context, {
      over: approvalListProjection,
      where: { customerId },
      command: ({ id, status, recallReason }) =>
        status === 'PENDING' || recallReason === reason
          ? new RestoreApproval(id, { reason }, context.command(id))
          : undefined,
    });
    await this.fanOut.run(context, {
      over: dealListProjection,
      where: { customerId },
      command: ({ id, deleted, deleteReason }) =>
        !deleted || deleteReason === reason
          ? new RestoreDeal(id, { reason, findings: { users: {} } }, context.command(id))
          : undefined,
    });
  }

  private async move(customerId: string, into: string, context: PolicyContext): Promise<void> {
    await this.fanOut.run(context, {
      over: approvalListProjection,
      where: { customerId },
      command: ({ id }) => new MoveApproval(id, { customerId: into }, context.command(id)),
    });
    await this.fanOut.run(context, {
      over: dealListProjection,
      where: { customerId },
      command: ({ id }) => new MoveDeal(id, { customerId: into }, context.command(id)),
    });
  }
}
