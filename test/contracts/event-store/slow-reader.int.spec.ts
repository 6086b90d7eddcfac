import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as openHttp2 } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { binaryEvent } from '@eventstore/db-client';
import type { EventStoreDBClient } from '@eventstore/db-client';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import type { EventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { framed, identifierOf, rawClient } from './raw-calls.js';
import type { RawClient } from './raw-calls.js';
import { connect, describeOurs, newStream } from './server-under-test.js';

const eventBytes = 1_000_000;
const eventCount = 200;
const stream = newStream();

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
  /** Without the official library, which reads ahead. */
  let bare: ClientHttp2Session;
  beforeAll(async () => {
    server = await startEventStoreServer();
    raw = rawClient(server.url);
    client = connect(server.url);
    bare = openHttp2(`http://127.0.0.1:${server.port}`);
  });
  afterAll(async () => {
    bare.destroy();
    raw.close();
    await client.dispose();
    await server.stop();
  });

  const beginWithoutReading = async (options: streams.ReadReq.Options): Promise<void> => {
    const call = bare.request({
      ':method': 'POST',
      ':path': '/event_store.client.streams.Streams/Read',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    call.on('error', () => undefined).end(framed(new streams.ReadReq().setOptions(options)));
    await once(call, 'response');
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

  it('cost the server little memory for 200 MB, live or in history', async () => {
    await append(0, 1);
    const begin = async (): Promise<void> => {
      for (let more = 0; more < 5; more += 1) {
        await beginWithoutReading(readOptions('stream'));
        await beginWithoutReading(readOptions('all'));
        await beginWithoutReading(readOptions('stream', eventCount));
      }
    };
    await begin();
    for (let written = 1; written < eventCount; written += 10)
      await append(written, Math.min(10, eventCount - written));
    await begin();
    // They have had their chance once a reader that began later has everything.
    let seen = 0;
    const quick = raw.read(new streams.ReadReq().setOptions(readOptions('stream')));
    quick
      .on('error', () => undefined)
      .on('data', (response: streams.ReadResp) => (seen += response.hasEvent() ? 1 : 0));
    await eventually(() => expect(seen).toBe(eventCount), { timeoutMs: 60_000 });
    quick.cancel();
    // The 25 of them that want everything would cost 5,000 MB if it were held for them, and 400 MB with 16 events each.
    expect(await anonymousMb()).toBeLessThan(350);
  }, 180_000);
});
