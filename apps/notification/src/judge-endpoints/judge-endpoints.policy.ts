import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { Policy, PolicyContext } from '#libs/event-sourcing/src/policy.js';
import type { DeliveryEvents } from '#libs/events/src/notification.js';
import { NoteWebhookOutcome } from '../domain/webhook-endpoint.decider.js';

type Tried = DeliveryEvents['delivery.webhook_tried'];

/** An endpoint that is gone, or that has taken nothing for days, is disabled. */
@Controller()
export class JudgeEndpointsPolicy {
  constructor(private readonly commands: CommandBus) {}

  @Policy('notification/judge-endpoints', {
    on: ['delivery.webhook_tried'],
    key: (event) => (event.data as Tried).endpointId,
    startFrom: 'beginning',
  })
  async handle(
    @Payload() event: RecordedEvent<{ readonly type: 'delivery.webhook_tried'; readonly data: Tried }>,
    @Ctx() context: PolicyContext,
  ): Promise<void> {
    const { endpointId, accepted, status } = event.data;
    const outcome = { accepted, at: event.metadata.occurredAt, ...(status !== undefined && { status }) };
    await this.commands.execute(new NoteWebhookOutcome(endpointId, outcome, context.command(endpointId)));
  }
}
