import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { MoreThanOrEqual, Not } from 'typeorm';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { FanOut } from '#libs/event-sourcing/src/fan-out.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { WebhookEndpointEvents } from '#libs/events/src/notification.js';
import { testMessageType } from '../domain/delivery.js';
import { ReplayWebhook } from '../domain/delivery.commands.js';
import { webhookDeliveryListProjection } from '../webhook-delivery-list/webhook-delivery-list.projection.js';

type Requested = WebhookEndpointEvents['webhook_endpoint.replay_requested'];

/** Sends everything again that an endpoint has missed since an instant. */
@Controller()
export class ReplayFailedPolicy {
  constructor(private readonly fanOut: FanOut) {}

  @Policy('notification/replay-failed', {
    on: ['webhook_endpoint.replay_requested'],
    key: streamOf,
    startFrom: 'beginning',
  })
  async handle(
    @Payload() event: RecordedEvent<{ readonly type: 'webhook_endpoint.replay_requested'; readonly data: Requested }>,
    @Ctx() context: PolicyContext,
  ): Promise<void> {
    const { endpointId, since } = event.data;
    await this.fanOut.run(context, {
      over: webhookDeliveryListProjection,
      where: {
        endpointId,
        status: 'abandoned',
        requestedAt: MoreThanOrEqual(new Date(since)),
        eventType: Not(testMessageType),
      },
      command: ({ deliveryId }) => new ReplayWebhook(deliveryId, {}, context.command(deliveryId)),
    });
  }
}
