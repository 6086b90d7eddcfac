import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Policy, PolicyContext } from '#libs/event-sourcing/src/policy.js';
import { Clearing, keyGone, type KeyGoneEvent } from '#libs/personal-data/src/clearing.js';
import { approvalDecisionListProjection } from '../approval-decision-list/approval-decision-list.projection.js';
import { approvalListProjection } from '../approval-list/approval-list.projection.js';
import { dealListProjection } from '../deal-list/deal-list.projection.js';
import { knownCustomerProjection } from '../known-customers/known-customer.projection.js';
import { knownUserProjection } from '../known-users/known-user.projection.js';

/** Copies stand in the log and in read models only; both are cleared without this policy, which says so. */
@Controller()
export class ClearErasedCopiesPolicy {
  constructor(private readonly clearing: Clearing) {}

  @Policy('opportunity/clear-erased-copies', keyGone)
  async handle(@Payload() event: KeyGoneEvent, @Ctx() policy: PolicyContext): Promise<void> {
    await this.clearing.carryOut(event, policy, {
      context: 'opportunity',
      readModels: [
        approvalDecisionListProjection,
        approvalListProjection,
        dealListProjection,
        knownCustomerProjection,
        knownUserProjection,
      ],
    });
  }
}
