import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { Command, CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import type { EventOfType, Recorded } from '#libs/event-sourcing/src/event.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { ApprovalEvent, DealEvent } from '#libs/events/src/opportunity.js';
import { MoveApproval, RestoreApproval, WithdrawApproval } from '../domain/approval-commands.js';
import { approvalDecider } from '../domain/approval.decider.js';
import type { ApprovalState } from '../domain/approval.js';
import { DeleteDeal, type DealState, MoveDeal, RestoreDeal } from '../domain/deal.js';
import { dealDecider } from '../domain/deal.decider.js';
import { KnownPeople } from '../known-people.js';

type Appeared =
  | Recorded<EventOfType<ApprovalEvent, 'approval.requested' | 'approval.restored' | 'approval.moved'>>
  | Recorded<EventOfType<DealEvent, 'deal.opened' | 'deal.restored' | 'deal.moved'>>;

interface Standing {
  readonly deleted: boolean;
  readonly mergedInto: string | null;
}

const reason = 'customer_deleted';

/**
 * What comes to a customer while they go, or come back, was not there when the others were told. So it looks for itself
 * how the customer stands, and again after each change of its own: what happened to the customer before that change
 * stands in the copy by then, and for what happens after it the change is one of those that are told.
 */
@Controller()
export class CatchUpWithCustomersPolicy {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly people: KnownPeople,
  ) {}

  @Policy('opportunity/catch-up-with-customers', {
    on: ['approval.requested', 'approval.restored', 'approval.moved', 'deal.opened', 'deal.restored', 'deal.moved'],
    key: streamOf,
    startFrom: 'beginning',
  })
  async handle(@Payload() event: Appeared, @Ctx() policy: PolicyContext): Promise<void> {
    const { data } = event;
    const next =
      'approvalId' in data
        ? (context: CommandContext) => this.nextOfApproval(data.approvalId, context)
        : (context: CommandContext) => this.nextOfDeal(data.dealId, context);
    let seen = event.position;
    for (let round = 0; ; round++) {
      const { customerId, command } = await next(policy.command(`${event.stream} ${round}`));
      const customer = customerId === null ? null : await this.people.customerAfter(seen, customerId);
      const change = customer && command(customer);
      if (!change) return;
      const { position }: Committed = await this.commands.execute(change);
      if (position <= seen) return;
      seen = position;
    }
  }

  private async nextOfApproval(id: string, context: CommandContext) {
    const approval = await this.aggregates.load(approvalDecider, id);
    const customerId = approval.status === 'none' ? null : approval.customerId;
    return { customerId, command: (customer: Standing) => approvalChange(id, approval, customer, context) };
  }

  private async nextOfDeal(id: string, context: CommandContext) {
    const deal = await this.aggregates.load(dealDecider, id);
    const customerId = deal.status === 'none' ? null : deal.customerId;
    return { customerId, command: (customer: Standing) => dealChange(id, deal, customer, context) };
  }
}

export function approvalChange(
  id: string,
  approval: ApprovalState,
  { deleted, mergedInto }: Standing,
  context: CommandContext,
): Command | undefined {
  if (mergedInto !== null) return new MoveApproval(id, { customerId: mergedInto }, context);
  if (deleted) return approval.status === 'PENDING' ? new WithdrawApproval(id, { reason }, context) : undefined;
  const isBack = approval.status === 'RECALLED' && approval.reason === reason;
  return isBack ? new RestoreApproval(id, { reason }, context) : undefined;
}

export function dealChange(
  id: string,
  deal: DealState,
  { deleted, mergedInto }: Standing,
  context: CommandContext,
): Command | undefined {
  if (mergedInto !== null) return new MoveDeal(id, { customerId: mergedInto }, context);
  if (deleted) return deal.status === 'there' ? new DeleteDeal(id, { reason }, context) : undefined;
  const isBack = deal.status === 'deleted' && deal.reason === reason;
  return isBack ? new RestoreDeal(id, { reason, findings: { users: {} } }, context) : undefined;
}
