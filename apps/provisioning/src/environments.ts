import { Injectable } from '@nestjs/common';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import type { EnvironmentState } from './domain/environment.js';
import { environmentDecider } from './domain/environment.decider.js';

/** Environments as their streams tell them right now. */
@Injectable()
export class Environments {
  constructor(
    private readonly store: EventStore,
    private readonly schemas: EventSchemas,
  ) {}

  /** @throws EventStoreUnavailable */
  async load(environmentId: string): Promise<EnvironmentState> {
    let state = environmentDecider.initialState;
    for await (const stored of this.store.readStream(environmentStream(environmentId))) {
      const { type, data } = this.schemas.current<EnvironmentEvent>(stored);
      // The store answers type and data apart; together they are a member of the union.
      state = environmentDecider.evolve(state, { type, data } as EnvironmentEvent);
    }
    return state;
  }
}

export function environmentStream(environmentId: string): string {
  return `${environmentDecider.category}-${environmentId}`;
}
