import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { AllStreamResolvedEvent, JSONEventData, ResolvedEvent } from '@eventstore/db-client';
import { afterAll, beforeAll, describe } from 'vitest';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import type { EventStoreServer } from '#libs/testing/src/event-store-server.js';

/** A real server to run the suite against, as a connection string. Without it the suite starts our own server. */
export const realServerUrl = process.env['EVENTSTORE_URL'];

/** For what a real server cannot be asked: to be killed, to start in another folder, to lack a call. */
export const describeOurs = realServerUrl === undefined ? describe : describe.skip;

export interface ServerUnderTest {
  readonly url: string;
  readonly client: EventStoreDBClient;
}

/** One server and one client for the tests of a file; the server is shared, so every test has streams of its own. */
export function useServerUnderTest(): ServerUnderTest {
  let server: EventStoreServer | undefined;
  let url: string | undefined = realServerUrl;
  let client: EventStoreDBClient | undefined;
  beforeAll(async () => {
    if (url === undefined) {
      server = await startEventStoreServer();
      url = server.url;
    }
    client = connect(url);
  });
  afterAll(async () => {
    await client?.dispose();
    await server?.stop();
  });
  return {
    get url() {
      return url!;
    },
    get client() {
      return client!;
    },
  };
}

export function connect(url: string): EventStoreDBClient {
  return EventStoreDBClient.connectionString(url);
}

/** A stream name that no other test uses. */
export function newStream(prefix = 'test'): string {
  return `${prefix}-${randomUUID()}`;
}

export function newEvent(
  data: Record<string, unknown> = {},
  type = 'tested',
  id: string = randomUUID(),
): JSONEventData {
  return jsonEvent({ type, id, data });
}

export function newEvents(count: number, type = 'tested'): JSONEventData[] {
  return Array.from({ length: count }, (_, index) => newEvent({ index }, type));
}

export async function collect<E extends ResolvedEvent | AllStreamResolvedEvent>(
  events: AsyncIterable<E>,
): Promise<E[]> {
  const collected: E[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

/** The error that `attempt` ends in; an attempt that succeeds fails the test. */
export async function errorOf(attempt: PromiseLike<unknown>): Promise<unknown> {
  try {
    await attempt;
  } catch (error) {
    return error;
  }
  throw new Error('It was to fail, but it succeeded.');
}
