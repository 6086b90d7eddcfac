import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Policy, PolicyContext } from '#libs/event-sourcing/src/policy.js';
import { Clearing, keyGone, type KeyGoneEvent } from '#libs/personal-data/src/clearing.js';
import { environmentListProjection } from '../environment-list/environment-list.projection.js';

/**
 * Copies stand in the log and in the list only; both are cleared without this policy, which says so. The environment
 * itself stays: it is the customer's, and what it shows of them goes with it.
 */
@Controller()
export class ClearErasedCopiesPolicy {
  constructor(private readonly clearing: Clearing) {}

  @Policy('provisioning/clear-erased-copies', keyGone)
  async handle(@Payload() event: KeyGoneEvent, @Ctx() policy: PolicyContext): Promise<void> {
    await this.clearing.carryOut(event, policy, { context: 'provisioning', readModels: [environmentListProjection] });
  }
}
