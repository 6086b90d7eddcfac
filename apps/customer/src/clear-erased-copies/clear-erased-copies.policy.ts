import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Policy, PolicyContext } from '#libs/event-sourcing/src/policy.js';
import { Clearing, keyGone, type KeyGoneEvent } from '#libs/personal-data/src/clearing.js';
import { customerListProjection } from '../customer-list/customer-list.projection.js';
import { customerSearchProjection } from '../customer-search/customer-search.projection.js';
import { customerTimelineProjection } from '../customer-timeline/customer-timeline.projection.js';
import { customerUsersProjection } from '../customer-users/customer-users.projection.js';

/** Copies stand in the log and in read models; both are cleared without this policy, which says so. */
@Controller()
export class ClearErasedCopiesPolicy {
  constructor(private readonly clearing: Clearing) {}

  @Policy('customer/clear-erased-copies', keyGone)
  async handle(@Payload() event: KeyGoneEvent, @Ctx() policy: PolicyContext): Promise<void> {
    const readModels = [
      customerListProjection,
      customerSearchProjection,
      customerTimelineProjection,
      customerUsersProjection,
    ];
    await this.clearing.carryOut(event, policy, { context: 'customer', readModels });
  }
}
