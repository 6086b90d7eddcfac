import { Injectable } from '@nestjs/common';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import type { WebhookSourceEvent } from '#libs/events/src/contract.js';
import type { WebhookSource } from '../domain/webhook-source.js';
import { webhookSourceDecider } from '../domain/webhook-source.decider.js';

/** Webhook sources as the log says right now: a secret that was retired a moment ago must not pass. */
@Injectable()
export class WebhookSources {
  constructor(
    private readonly store: EventStore,
    private readonly schemas: EventSchemas,
  ) {}

  /** @throws EventStoreUnavailable */
  async load(sourceId: string): Promise<WebhookSource> {
    const { category, initialState, evolve } = webhookSourceDecider;
    let source = initialState;
    for await (const stored of this.store.readStream(`${category}-${sourceId}`)) {
      const { type, data } = this.schemas.current<WebhookSourceEvent>(stored);
      source = evolve(source, { type, data } as WebhookSourceEvent);
    }
    return source;
  }
}
