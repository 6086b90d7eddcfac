import { type AllStreamRecordedEvent, EventStoreDBClient, START } from '@eventstore/db-client';
import type { RecordedEvent } from '@eventstore/db-client';
import type { Seen } from './check.js';

/** Follows `$all` or one stream over all lives of the server, each time from the last event that it got. */
export class Subscriber {
  readonly seen: Seen[] = [];

  constructor(readonly stream: string | undefined) {}

  /** Over one life of the server; resolves once it is gone or the signal came. */
  async run(client: EventStoreDBClient, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const subscription = this.#subscribe(client);
    const leave = (): void => void subscription.unsubscribe();
    signal.addEventListener('abort', leave, { once: true });
    try {
      for await (const { event } of subscription) if (event) this.seen.push(seen(event));
    } catch {
      // The server is killed again and again; what the client says then matters to nobody.
    }
    signal.removeEventListener('abort', leave);
  }

  #subscribe(client: EventStoreDBClient) {
    const last = this.seen.at(-1);
    if (this.stream === undefined) {
      const fromPosition = last === undefined ? START : { commit: last.position, prepare: last.position };
      return client.subscribeToAll({ fromPosition });
    }
    return client.subscribeToStream(this.stream, {
      fromRevision: last === undefined ? START : BigInt(last.revision),
    });
  }
}

export function seen(event: RecordedEvent | AllStreamRecordedEvent): Seen {
  const { id, streamId: stream, revision, position } = event;
  return { id, stream, revision: Number(revision), position: position!.commit };
}
