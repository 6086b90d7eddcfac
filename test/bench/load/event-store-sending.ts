import { randomUUID } from 'node:crypto';
import { END, EventStoreDBClient, type JSONType, jsonEvent, NO_STREAM, START } from '@eventstore/db-client';
import { type EventStoreWork, mostEventsInARead, type SampleEvent } from './load.js';
import type { Sending } from './sending.js';

export async function sendingToEventStore(work: EventStoreWork): Promise<Sending> {
  const client = EventStoreDBClient.connectionString(work.eventStoreUrl);
  switch (work.kind) {
    case 'append':
      return {
        async send() {
          await append(client, randomUUID(), work.event);
          return {};
        },
        end: () => client.dispose(),
      };
    case 'read':
      return reading(client, work.stream);
    case 'deliver':
      return delivering(client, EventStoreDBClient.connectionString(work.eventStoreUrl), work.event);
    default:
      throw new Error(`Unknown work: ${JSON.stringify(work satisfies never)}`);
  }
}

async function append(client: EventStoreDBClient, id: string, { type, data, metadata }: SampleEvent): Promise<void> {
  const fresh = jsonEvent({ id, type, data: data as JSONType, metadata: metadata as JSONType });
  await client.appendToStream(`contract-${randomUUID()}`, fresh, { expectedRevision: NO_STREAM });
}

function reading(client: EventStoreDBClient, stream: string): Sending {
  let ofAll = false;
  return {
    async send() {
      ofAll = !ofAll;
      const maxCount = mostEventsInARead;
      const events = ofAll
        ? client.readAll({ fromPosition: START, maxCount })
        : client.readStream(stream, { fromRevision: START, maxCount });
      let count = 0;
      for await (const { event } of events) if (event) count++;
      if (count !== maxCount) throw new Error(`A read of ${maxCount} events brought ${count}.`);
      return {};
    },
    end: () => client.dispose(),
  };
}

async function delivering(
  client: EventStoreDBClient,
  subscriber: EventStoreDBClient,
  event: SampleEvent,
): Promise<Sending> {
  const awaited = new Map<string, PromiseWithResolvers<void>>();
  const subscription = subscriber.subscribeToAll({ fromPosition: END });
  const confirmed = Promise.withResolvers<void>();
  subscription
    .on('confirmation', () => confirmed.resolve())
    .on('data', ({ event: delivered }) => awaited.get(delivered?.id ?? '')?.resolve())
    .on('error', (error) => {
      confirmed.reject(error);
      for (const { reject } of awaited.values()) reject(error);
    });
  await confirmed.promise;
  return {
    async send() {
      const id = randomUUID();
      const arrived = Promise.withResolvers<void>();
      awaited.set(id, arrived);
      await Promise.all([append(client, id, event), arrived.promise]);
      awaited.delete(id);
      return {};
    },
    async end() {
      await subscription.unsubscribe();
      await Promise.all([client.dispose(), subscriber.dispose()]);
    },
  };
}
