import { StreamDeletedError } from '@eventstore/db-client';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identifierOf, rawClient } from './raw-calls.js';
import type { RawClient } from './raw-calls.js';
import { describeOurs, errorOf, newEvents, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();
let client: RawClient;
beforeAll(() => {
  client = rawClient(server.url);
});
afterAll(() => client.close());

type Options = streams.DeleteReq.Options | streams.TombstoneReq.Options;
type Expect = (options: Options) => unknown;

const empty = () => new shared.Empty();
const any: Expect = (options) => options.setAny(empty());
const noStream: Expect = (options) => options.setNoStream(empty());
const streamExists: Expect = (options) => options.setStreamExists(empty());
const revision =
  (number: string): Expect =>
  (options) =>
    options.setRevision(number);

/** The error that the call ends in; undefined when it succeeds. */
function deleteRaw(stream: string | undefined, expecting?: Expect): Promise<ServiceError | undefined> {
  const options = new streams.DeleteReq.Options();
  if (stream !== undefined) options.setStreamIdentifier(identifierOf(stream));
  expecting?.(options);
  return new Promise((resolve) => {
    client.delete(new streams.DeleteReq().setOptions(options), (error) => resolve(error ?? undefined));
  });
}

function tombstoneRaw(stream: string, expecting: Expect): Promise<ServiceError | undefined> {
  const options = new streams.TombstoneReq.Options().setStreamIdentifier(identifierOf(stream));
  expecting(options);
  return new Promise((resolve) => {
    client.tombstone(new streams.TombstoneReq().setOptions(options), (error) => resolve(error ?? undefined));
  });
}

function trailersOf(error: ServiceError | undefined): Record<string, unknown> {
  const {
    exception,
    'stream-name': stream,
    'expected-version': expected,
    'actual-version': actual,
  } = error!.metadata.getMap();
  return { exception, stream, expected, actual };
}

describe.each([
  { name: 'delete', call: deleteRaw },
  { name: 'tombstone', call: tombstoneRaw },
])('$name at a wrong revision', ({ call }) => {
  it.each<{ title: string; count: number; expecting: Expect; expected: string; actual: string }>([
    { title: 'a revision', count: 2, expecting: revision('7'), expected: '7', actual: '1' },
    { title: 'no stream', count: 2, expecting: noStream, expected: '-1', actual: '1' },
    {
      title: 'the largest number, no stream',
      count: 2,
      expecting: revision(String(2n ** 64n - 1n)),
      expected: '-1',
      actual: '1',
    },
    { title: 'that it exists', count: 0, expecting: streamExists, expected: '-4', actual: '-1' },
    { title: 'a revision of a missing stream', count: 0, expecting: revision('0'), expected: '0', actual: '-1' },
  ])('says so in text and trailers: $title', async ({ count, expecting, expected, actual }) => {
    const stream = newStream();
    if (count > 0) await server.client.appendToStream(stream, newEvents(count));
    const error = await call(stream, expecting);
    expect(error).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: `Delete failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${actual}`,
    });
    expect(trailersOf(error)).toEqual({ exception: 'wrong-expected-version', stream, expected, actual });
  });
});

describe('delete', () => {
  it('of a missing stream is a conflict whatever is expected', async () => {
    expect(trailersOf(await deleteRaw(newStream(), any))).toMatchObject({ expected: '-2', actual: '-1' });
    expect(trailersOf(await deleteRaw(newStream(), noStream))).toMatchObject({ expected: '-1', actual: '-1' });
  });

  it('takes a stream that exists, and refuses the second time as deleted', async () => {
    const stream = newStream();
    await server.client.appendToStream(stream, newEvents(1));
    expect(await deleteRaw(stream, streamExists)).toBeUndefined();
    const error = await deleteRaw(stream, streamExists);
    expect(error).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: `Event stream '${stream}' is deleted.`,
    });
    expect(trailersOf(error)).toMatchObject({ exception: 'stream-deleted', stream });
  });

  it('demands an expected revision and a stream', async () => {
    expect(await deleteRaw(newStream())).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(await deleteRaw(undefined, any)).toMatchObject({ code: status.UNKNOWN });
    expect(await deleteRaw(newStream(), revision(String(2n ** 63n)))).toMatchObject({ code: status.UNKNOWN });
  });
});

it('a tombstone for a stream that exists', async () => {
  const stream = newStream();
  await server.client.setStreamMetadata(stream, { owner: 'tests' });
  expect(await tombstoneRaw(stream, streamExists)).toBeUndefined();
  const error = await tombstoneRaw(stream, any);
  expect(error).toMatchObject({ code: status.FAILED_PRECONDITION, details: `Event stream '${stream}' is deleted.` });
  expect(trailersOf(error)).toMatchObject({ exception: 'stream-deleted', stream });
});

// What a real server makes of such names in trailers is not known.
describeOurs('a stream name that no trailer can hold as it is', () => {
  it('is percent-encoded there, and whole in the text', async () => {
    const stream = newStream('契約 é%');
    await tombstoneRaw(stream, any);
    const error = await tombstoneRaw(stream, any);
    expect(error).toMatchObject({ details: `Event stream '${stream}' is deleted.` });
    expect(trailersOf(error)).toMatchObject({ stream: encodeURIComponent(stream) });
    expect(trailersOf(await deleteRaw(newStream('契約'), any))).toMatchObject({ exception: 'wrong-expected-version' });
  });

  it.each([{ character: 'x' }, { character: '契' }, { character: '🎉' }])(
    'is shortened when it is very long: $character',
    async ({ character }) => {
      const stream = newStream(character.repeat(30_001));
      await server.client.tombstoneStream(stream);
      const error = await errorOf(server.client.deleteStream(stream));
      expect(error).toBeInstanceOf(StreamDeletedError);
      const reading = await errorOf(
        (async () => {
          for await (const event of server.client.readStream(stream)) return event;
          return undefined;
        })(),
      );
      expect(reading).toBeInstanceOf(StreamDeletedError);
    },
  );
});
