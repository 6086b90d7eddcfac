import { Injectable } from '@nestjs/common';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { streamName } from '#libs/event-sourcing/src/decider.js';
import type { Recorded, RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import type { LogCursor } from '#libs/event-sourcing/src/log-cursor.js';
import { LogTail } from '#libs/event-sourcing/src/log-tail.js';
import { environmentEvents, type EnvironmentEvent } from '#libs/events/src/provisioning.js';
import type { ServerSentEvent } from '#libs/http/src/sse.js';
import { environmentDecider } from '../domain/environment.decider.js';
import { environmentEnvelope } from '../environment-envelope.js';

const batch = 200;

function isEnvironmentEvent(type: string): boolean {
  return Object.hasOwn(environmentEvents, type);
}

/** Events of environments as they happen, from the one live end of the log that the process follows anyway. */
@Injectable()
export class EnvironmentFeed {
  constructor(
    private readonly store: EventStore,
    private readonly aggregates: Aggregates,
    private readonly schemas: EventSchemas,
    private readonly tail: LogTail,
  ) {}

  /** Position of the newest event. @throws EventStoreUnavailable */
  head(): Promise<bigint> {
    return this.store.head();
  }

  /** One environment: what its stream holds after a position, then everything that follows. Ends with the signal. */
  async *one(environmentId: string, after: bigint, signal: AbortSignal): AsyncGenerator<ServerSentEvent> {
    const stream = streamName(environmentDecider, environmentId);
    const cursor = this.tail.open(await this.store.head(), isEnvironmentEvent);
    try {
      let seen = after;
      for await (const event of this.aggregates.history(environmentDecider, environmentId)) {
        if (signal.aborted) return;
        if (event.position <= seen) continue;
        seen = event.position;
        yield sent(event);
      }
      // An event that came while the stream was read stands in both.
      for await (const event of follow(cursor, signal)) {
        if (event.stream === stream && event.position > seen) yield sent(this.current(event));
      }
    } finally {
      cursor.close();
    }
  }

  /** All environments, after a position. Ends with the signal. */
  async *all(after: bigint, signal: AbortSignal): AsyncGenerator<ServerSentEvent> {
    const cursor = this.tail.open(after, isEnvironmentEvent);
    try {
      for await (const event of follow(cursor, signal)) yield sent(this.current(event));
    } finally {
      cursor.close();
    }
  }

  private current(stored: RecordedEvent): Recorded<EnvironmentEvent> {
    return this.schemas.current<EnvironmentEvent>(stored) as Recorded<EnvironmentEvent>;
  }
}

function sent(event: Recorded<EnvironmentEvent>): ServerSentEvent {
  return { id: event.position.toString(), event: event.type, data: environmentEnvelope(event) };
}

async function* follow(cursor: LogCursor, signal: AbortSignal): AsyncGenerator<RecordedEvent> {
  for (;;) {
    const taken = await cursor.take(batch, signal);
    if (!taken) return;
    // Taken is taken: a client that reads slowly holds up nobody who shares the log's end.
    cursor.advance(taken.position);
    yield* taken.events;
  }
}
