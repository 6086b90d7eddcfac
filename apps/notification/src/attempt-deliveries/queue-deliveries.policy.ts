import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { EventOfType, Recorded } from '#libs/event-sourcing/src/event.js';
import { Policy, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { DeliveryEvent } from '#libs/events/src/notification.js';
import type { DeliveryRequest } from '../domain/delivery.js';
import { deliveryDecider } from '../domain/delivery.decider.js';
import { endpointOf } from './webhook-turns.js';
import { type DeliveryJob, DeliveryJobs } from './delivery-jobs.js';

type CallsForAttempt = EventOfType<
  DeliveryEvent,
  | 'delivery.requested'
  | 'delivery.webhook_requested'
  | 'delivery.alert_requested'
  | 'delivery.failed'
  | 'delivery.replay_requested'
>;

type Way = Pick<DeliveryRequest, 'channel'> & Pick<DeliveryJob, 'endpointId'>;

/** Every attempt that the log calls for gets a job: the first one at once, the others after their pause. */
@Controller()
export class QueueDeliveriesPolicy {
  constructor(
    private readonly jobs: DeliveryJobs,
    private readonly aggregates: Aggregates,
  ) {}

  @Policy('notification/queue-deliveries', {
    on: [
      'delivery.requested',
      'delivery.webhook_requested',
      'delivery.alert_requested',
      'delivery.failed',
      'delivery.replay_requested',
    ],
    key: streamOf,
    startFrom: 'beginning',
  })
  async handle(@Payload() event: Recorded<CallsForAttempt>): Promise<void> {
    const { deliveryId } = event.data;
    const { correlationId, occurredAt } = event.metadata;
    const dueAt = event.type === 'delivery.failed' ? event.data.retryAt : occurredAt;
    const { channel, ...endpoint } = await this.wayOf(event);
    await this.jobs.add({ deliveryId, correlationId, ...endpoint }, channel, new Date(dueAt));
  }

  private async wayOf(event: Recorded<CallsForAttempt>): Promise<Way> {
    // Only webhooks are replayed.
    if (event.type === 'delivery.replay_requested') return { channel: 'webhook' };
    if (event.type !== 'delivery.failed') return way(event.data);
    const delivery = await this.aggregates.load(deliveryDecider, event.data.deliveryId);
    return delivery.status === 'none' ? { channel: 'mail' } : way(delivery.request);
  }
}

function way(request: DeliveryRequest): Way {
  const endpointId = endpointOf(request);
  return { channel: request.channel, ...(endpointId !== undefined && { endpointId }) };
}
