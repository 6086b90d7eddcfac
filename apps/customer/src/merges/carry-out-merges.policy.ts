import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { CommandRefused } from '#libs/event-sourcing/src/errors.js';
import type { EventOfType, Recorded } from '#libs/event-sourcing/src/event.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { CustomerEvent } from '#libs/events/src/customer.js';
import { ConcludeMerge, MergeInto } from '../domain/customer-commands.js';
import { customerDecider } from '../domain/customer.decider.js';

/** Asks the one who goes, and tells the one who stays. Each step may be repeated. */
@Controller()
export class CarryOutMergesPolicy {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
  ) {}

  @Policy('customer/carry-out-merges', { on: ['customer.merge_requested'], key: streamOf, startFrom: 'beginning' })
  async handle(
    @Payload() { data }: Recorded<EventOfType<CustomerEvent, 'customer.merge_requested'>>,
    @Ctx() policy: PolicyContext,
  ): Promise<void> {
    const { customerId: into, mergedCustomerId: gone, mergeId } = data;
    try {
      await this.commands.execute(new MergeInto(gone, { mergeId, intoCustomerId: into }, policy.command(gone)));
    } catch (error) {
      // There is no such customer: the one who stays has to hear of it all the same.
      if (!(error instanceof CommandRefused)) throw error;
    }
    const customer = await this.aggregates.load(customerDecider, gone);
    const merged = customer.status === 'merged' && customer.intoCustomerId === into;
    const outcome = { mergeId, gone: merged ? customer.record : undefined };
    await this.commands.execute(new ConcludeMerge(into, outcome, policy.command(into)));
  }
}
