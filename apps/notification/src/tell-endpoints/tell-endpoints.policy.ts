import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { Recorded } from '#libs/event-sourcing/src/event.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { FanOut } from '#libs/event-sourcing/src/fan-out.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { WebhookContent } from '#libs/events/src/notification.js';
import { RequestWebhook } from '../domain/delivery.commands.js';
import type { WebhookEndpointRow } from '../webhook-endpoint-list/webhook-endpoint-list.entity.js';
import { webhookEndpointListProjection } from '../webhook-endpoint-list/webhook-endpoint-list.projection.js';
import {
  type EnvironmentFacts,
  environmentUpdate,
  factsAfter,
  historyUpTo,
  toldEvents,
  type ToldEvent,
} from './environment-update.js';

/** Tells every endpoint what becomes of an environment: one webhook for each event and endpoint. */
@Controller()
export class TellEndpointsPolicy {
  constructor(
    private readonly fanOut: FanOut,
    private readonly store: EventStore,
    private readonly schemas: EventSchemas,
  ) {}

  @Policy('notification/tell-endpoints', { on: toldEvents, key: streamOf, startFrom: 'beginning' })
  async handle(@Payload() event: Recorded<ToldEvent>, @Ctx() context: PolicyContext): Promise<void> {
    // The log is read only when somebody wants to know.
    let told: Promise<WebhookContent | undefined> | undefined;
    await this.fanOut.run(context, {
      over: webhookEndpointListProjection,
      // A disabled endpoint too: what it misses is on record, and can be sent once it is enabled again.
      command: async (endpoint) => {
        if (!wants(endpoint, event)) return undefined;
        const content = await (told ??= this.contentOf(event));
        if (!content) return undefined;
        const deliveryId = stableId('webhook', event.id, endpoint.id);
        return new RequestWebhook(deliveryId, { endpointId: endpoint.id, content }, context.command(deliveryId));
      },
    });
  }

  private async contentOf(event: Recorded<ToldEvent>): Promise<WebhookContent | undefined> {
    const facts = await this.factsAt(event);
    return facts && environmentUpdate(event, facts);
  }

  private async factsAt(event: Recorded<ToldEvent>): Promise<EnvironmentFacts | undefined> {
    let facts = factsAfter(undefined, event);
    if (facts) return facts;
    for await (const each of historyUpTo(this.store, this.schemas, event)) facts = factsAfter(facts, each);
    return facts;
  }
}

/** What happened before it was registered is not its business. */
function wants({ events, registeredAt }: WebhookEndpointRow, { type, metadata }: Recorded<ToldEvent>): boolean {
  if (registeredAt.toISOString() > metadata.occurredAt) return false;
  return events === null || events.includes(type);
}
