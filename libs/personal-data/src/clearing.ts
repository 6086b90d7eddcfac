import { Injectable } from '@nestjs/common';
import { CommandHandler } from '#libs/event-sourcing/src/command-handler.js';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import type { Recorded } from '#libs/event-sourcing/src/event.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { type PolicyContext, type PolicyOptions, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { Projection } from '#libs/event-sourcing/src/projection.js';
import type { ClearanceEvent, ClearingContext, ErasureEvents } from '#libs/events/src/erasure.js';
import type { Subject } from '#libs/events/src/subject.js';
import { clearanceDecider, clearanceId, type ClearanceState, ConfirmCopiesCleared } from './clearance.decider.js';

type KeyGone = 'erasure.key_destroyed' | 'erasure.key_forgotten';

/** What a context's policy `<context>/clear-erased-copies` hears. */
export type KeyGoneEvent = Recorded<{ [Type in KeyGone]: { type: Type; data: ErasureEvents[Type] } }[KeyGone]>;

/** How every context's policy `<context>/clear-erased-copies` listens. */
export const keyGone: PolicyOptions<KeyGone> = {
  on: ['erasure.key_destroyed', 'erasure.key_forgotten'],
  key: streamOf,
  startFrom: 'beginning',
};

/** Where a context keeps personal data outside the log. */
export interface Copies {
  readonly context: ClearingContext;
  /** Read models with personal columns; their own steps put the marker there (`whenErased`). */
  readonly readModels: readonly Projection[];
  /** Clears what is no read model. Called at least twice for each erasure, after the read models. */
  readonly clear?: (subject: Subject) => Promise<void>;
}

/** What every context does when a subject's key is gone: clear its copies, and confirm once nobody can make new ones. */
@Injectable()
export class Clearing {
  private readonly handler: CommandHandler<ClearanceState, ConfirmCopiesCleared, ClearanceEvent>;

  constructor(
    private readonly contexts: ContextRegistry,
    store: EventStore,
    schemas: EventSchemas,
  ) {
    this.handler = new CommandHandler(clearanceDecider, store, schemas);
  }

  /** @throws ReadModelBehind while a read model has not seen the event; the policy then tries again */
  async carryOut(
    { type, data, position }: KeyGoneEvent,
    policy: PolicyContext,
    { context, readModels, clear }: Copies,
  ): Promise<void> {
    for (const { name } of readModels) await this.contexts.readModels.awaitPosition(name, position);
    const { erasureId, subject } = data;
    await clear?.(subject);
    if (type === 'erasure.key_destroyed') return;
    const id = clearanceId(context, erasureId);
    await this.handler.execute(new ConfirmCopiesCleared(id, { erasureId, subject, context }, policy.command(id)));
  }
}
