import { type AllStreamRecordedEvent, EventStoreDBClient, START, excludeSystemEvents } from '@eventstore/db-client';
import { setTimeout as delay } from 'node:timers/promises';

/** An event as the official client gives it: no code of the product stands between. */
export interface RawEvent {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: bigint;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Reads the whole log, without the store's own events. */
export async function readWholeLog(url: string): Promise<RawEvent[]> {
  const client = EventStoreDBClient.connectionString(url);
  const events: RawEvent[] = [];
  try {
    for await (const { event } of client.readAll({ fromPosition: START })) {
      if (event && !event.type.startsWith('$')) events.push(raw(event));
    }
  } finally {
    await client.dispose();
  }
  return events;
}

/** Tells every event from the beginning on, over all failures of the store, until the signal. */
export async function watchLog(url: string, tell: (event: RawEvent) => void, signal: AbortSignal): Promise<void> {
  const client = EventStoreDBClient.connectionString(url);
  let seen: bigint | undefined;
  while (!signal.aborted) {
    const subscription = client.subscribeToAll({
      fromPosition: seen === undefined ? START : { commit: seen, prepare: seen },
      filter: excludeSystemEvents(),
    });
    const leave = (): void => void subscription.unsubscribe();
    signal.addEventListener('abort', leave, { once: true });
    // The store is killed again and again; what it says then matters to nobody.
    subscription.on('error', () => undefined);
    try {
      for await (const { event } of subscription) {
        if (!event) continue;
        seen = event.position.commit;
        tell(raw(event));
      }
    } catch {
      await delay(100);
    }
    signal.removeEventListener('abort', leave);
  }
  await client.dispose();
}

function raw(event: AllStreamRecordedEvent): RawEvent {
  return {
    id: event.id,
    stream: event.streamId,
    revision: Number(event.revision),
    position: event.position.commit,
    type: event.type,
    data: event.data as RawEvent['data'],
    metadata: (event.metadata ?? {}) as RawEvent['metadata'],
  };
}
