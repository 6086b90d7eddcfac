import { readFile } from 'node:fs/promises';
import { binaryEvent } from '@eventstore/db-client';
import type { EventStoreDBClient } from '@eventstore/db-client';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import type { EventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { identifierOf, rawClient } from './raw-calls.js';
import type { RawClient } from './raw-calls.js';
import { connect, describeOurs, newStream } from './server-under-test.js';

const eventBytes = 1_000_000;
const eventCount = 200;
const stream = newStream();

type Reader = ClientReadableStream<streams.ReadResp>;

const empty = () => new shared.Empty();

/** Begins at the start of the stream or of $all; without a count it is a subscription. */
function readOptions(of: 'stream' | 'all', count?: number): streams.ReadReq.Options {
  const options = new streams.ReadReq.Options()
    .setNoFilter(empty())
    .setUuidOption(new streams.ReadReq.Options.UUIDOption().setString(empty()));
  if (of === 'all') options.setAll(new streams.ReadReq.Options.AllOptions().setStart(empty()));
  else {
    const identifier = identifierOf(stream);
    options.setStream(new streams.ReadReq.Options.StreamOptions().setStreamIdentifier(identifier).setStart(empty()));
  }
  return count === undefined
    ? options.setSubscription(new streams.ReadReq.Options.SubscriptionOptions())
    : options.setCount(String(count));
}

// Its memory is looked at, so it is a process of our own.
describeOurs('readers that do not read', () => {
  let server: EventStoreServer;
  let raw: RawClient;
  let client: EventStoreDBClient;
  const open: Reader[] = [];
  beforeAll(async () => {
    server = await startEventStoreServer();
    raw = rawClient(server.url);
    client = connect(server.url);
  });
  afterAll(async () => {
    for (const reader of open) reader.cancel();
    raw.close();
    await client.dispose();
    await server.stop();
  });

  const begin = (options: streams.ReadReq.Options): Reader => {
    const reader = raw.read(new streams.ReadReq().setOptions(options));
    reader.on('error', () => undefined);
    open.push(reader);
    return reader;
  };
  const countEvents = (reader: Reader): { events: number } => {
    const seen = { events: 0 };
    reader.on('data', (response: streams.ReadResp) => (seen.events += response.hasEvent() ? 1 : 0));
    return seen;
  };
  /** Memory of the server that is not a file’s, in MB. */
  const anonymousMb = async (): Promise<number> => {
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
    return Number(/RssAnon:\s+(\d+) kB/.exec(status)![1]) / 1_024;
  };

  const append = (from: number, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        client.appendToStream(stream, binaryEvent({ type: 'big', data: Buffer.alloc(eventBytes, from + index) })),
      ),
    );

  it('cost the server little memory for 200 MB, live or in history, and miss nothing', async () => {
    await append(0, 1);
    const live = begin(readOptions('stream'));
    begin(readOptions('all'));
    for (let written = 1; written < eventCount; written += 10)
      await append(written, Math.min(10, eventCount - written));
    begin(readOptions('stream'));
    begin(readOptions('all'));
    const history = begin(readOptions('stream', eventCount));
    // They have had their chance once a reader that began later has everything.
    const quick = countEvents(begin(readOptions('stream')));
    await eventually(() => expect(quick.events).toBe(eventCount), { timeoutMs: 60_000 });
    // With what is sent held for them, five readers would cost 1,000 MB.
    expect(await anonymousMb()).toBeLessThan(400);
    const late = [countEvents(live), countEvents(history)];
    await eventually(() => expect(late).toEqual([{ events: eventCount }, { events: eventCount }]), {
      timeoutMs: 60_000,
    });
  }, 180_000);
});
