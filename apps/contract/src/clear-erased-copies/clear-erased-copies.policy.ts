import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Policy, PolicyContext } from '#libs/event-sourcing/src/policy.js';
import { Clearing, keyGone, type KeyGoneEvent } from '#libs/personal-data/src/clearing.js';
import { contractListProjection } from '../contract-list/contract-list.projection.js';

/** Copies stand in the log and in the list only; both are cleared without this policy, which says so. */
@Controller()
export class ClearErasedCopiesPolicy {
  constructor(private readonly clearing: Clearing) {}

  @Policy('contract/clear-erased-copies', keyGone)
  async handle(@Payload() event: KeyGoneEvent, @Ctx() policy: PolicyContext): Promise<void> {
    await this.clearing.carryOut(event, policy, { context: 'contract', readModels: [contractListProjection] });
  }
}
