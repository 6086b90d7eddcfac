import { Injectable } from '@nestjs/common';
import type { Command } from './command.js';
import { type Decider, type Made, streamName } from './decider.js';
import { changedBy, type DomainEvent, type Recorded } from './event.js';
import { EventSchemas } from './event-schemas.js';
import { EventStore } from './event-store.js';
import type { OpenOptions } from './personal-data.js';

/** Aggregates as their streams tell them right now, where a read model that is a moment behind would not do. */
@Injectable()
export class Aggregates {
  constructor(
    private readonly store: EventStore,
    private readonly schemas: EventSchemas,
  ) {}

  /** The initial state for an id that nothing has. @throws EventStoreUnavailable */
  async load<State, Cmd extends Command, Event extends DomainEvent>(
    decider: Decider<State, Cmd, Event>,
    id: string,
  ): Promise<State> {
    let state = decider.initialState;
    for await (const event of this.history(decider, id)) {
      const { type, data } = event;
      state = decider.evolve(state, { type, data, changedBy: changedBy(event) } as Event & Made);
    }
    return state;
  }

  /**
   * Events of one aggregate from a revision on, oldest first, as of today's schemas.
   * @param options `addresses`: with the actors' addresses as well
   * @throws EventStoreUnavailable
   */
  async *history<State, Cmd extends Command, Event extends DomainEvent>(
    decider: Decider<State, Cmd, Event>,
    id: string,
    from = 0,
    options?: OpenOptions,
  ): AsyncGenerator<Recorded<Event>> {
    for await (const stored of this.store.readStream(streamName(decider, id), from, options)) {
      // The store answers type and data apart; together they are a member of the decider's union.
      yield this.schemas.current(stored) as Recorded<Event>;
    }
  }
}
