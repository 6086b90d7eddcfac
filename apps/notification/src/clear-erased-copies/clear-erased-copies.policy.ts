import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Policy, PolicyContext } from '#libs/event-sourcing/src/policy.js';
import { subjectId } from '#libs/events/src/subject.js';
import { Clearing, keyGone, type KeyGoneEvent } from '#libs/personal-data/src/clearing.js';
import { deliveryListProjection } from '../delivery-list/delivery-list.projection.js';
import { ErasedDeliveries } from './erased-deliveries.js';

/** Nobody writes to somebody who was erased, and no copy of a mail to them is kept. */
@Controller()
export class ClearErasedCopiesPolicy {
  constructor(
    private readonly clearing: Clearing,
    private readonly deliveries: ErasedDeliveries,
  ) {}

  @Policy('notification/clear-erased-copies', keyGone)
  async handle(@Payload() event: KeyGoneEvent, @Ctx() policy: PolicyContext): Promise<void> {
    await this.clearing.carryOut(event, policy, {
      context: 'notification',
      readModels: [deliveryListProjection],
      clear: async (subject) => {
        const contractId = subjectId('contract', subject);
        if (contractId !== undefined) await this.deliveries.clear(contractId, policy);
      },
    });
  }
}
