import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Policy, PolicyContext } from '#libs/event-sourcing/src/policy.js';
import { Clearing, keyGone, type KeyGoneEvent } from '#libs/personal-data/src/clearing.js';
import { knownCustomerProjection } from '../known-customers/known-customer.projection.js';
import { knownUserProjection } from '../known-users/known-user.projection.js';
import { meetingListProjection } from '../meeting-list/meeting-list.projection.js';
import { taskListProjection } from '../task-list/task-list.projection.js';

const readModels = [meetingListProjection, taskListProjection, knownCustomerProjection, knownUserProjection];

/** Copies stand in the log and in read models only; both are cleared without this policy, which says so. */
@Controller()
export class ClearErasedCopiesPolicy {
  constructor(private readonly clearing: Clearing) {}

  @Policy('sales-activity/clear-erased-copies', keyGone)
  async handle(@Payload() event: KeyGoneEvent, @Ctx() policy: PolicyContext): Promise<void> {
    await this.clearing.carryOut(event, policy, { context: 'sales-activity', readModels });
  }
}
