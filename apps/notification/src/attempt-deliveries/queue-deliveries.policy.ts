import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { EventOfType, Recorded } from '#libs/event-sourcing/src/event.js';
import { Policy, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { DeliveryEvent } from '#libs/events/src/notification.js';
import { DeliveryJobs } from './delivery-jobs.js';

/** Every attempt that the log calls for gets a job: the first one at once, the others after their pause. */
@Controller()
export class QueueDeliveriesPolicy {
  constructor(private readonly jobs: DeliveryJobs) {}

  @Policy('notification/queue-deliveries', {
    on: ['delivery.requested', 'delivery.failed'],
    key: streamOf,
    startFrom: 'beginning',
  })
  async handle(
    @Payload() event: Recorded<EventOfType<DeliveryEvent, 'delivery.requested' | 'delivery.failed'>>,
  ): Promise<void> {
    const { deliveryId } = event.data;
    const { correlationId, occurredAt } = event.metadata;
    const dueAt = event.type === 'delivery.failed' ? event.data.retryAt : occurredAt;
    await this.jobs.add({ deliveryId, correlationId }, new Date(dueAt));
  }
}
