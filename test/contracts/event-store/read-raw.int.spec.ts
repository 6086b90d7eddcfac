import type { StreamMetadata } from '@eventstore/db-client';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { identifierOf, rawClient, readRaw } from './raw-calls.js';
import type { RawClient } from './raw-calls.js';
import { collect, describeOurs, newEvents, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();
const stream = newStream();
let client: RawClient;
beforeAll(async () => {
  client = rawClient(server.url);
  await server.client.appendToStream(stream, newEvents(3, 'one'));
  await server.client.appendToStream(stream, newEvents(3, 'two'));
});
afterAll(() => client.close());

const empty = () => new shared.Empty();
const asText = () => new streams.ReadReq.Options.UUIDOption().setString(empty());

function ofStream(): streams.ReadReq.Options {
  const place = new streams.ReadReq.Options.StreamOptions().setStreamIdentifier(identifierOf(stream)).setStart(empty());
  return new streams.ReadReq.Options().setStream(place).setCount('100').setNoFilter(empty()).setUuidOption(asText());
}

function ofAll(position?: { commit: string; prepare: string }): streams.ReadReq.Options {
  const place = new streams.ReadReq.Options.AllOptions();
  if (position === undefined) place.setStart(empty());
  else {
    const { commit, prepare } = position;
    place.setPosition(new streams.ReadReq.Options.Position().setCommitPosition(commit).setPreparePosition(prepare));
  }
  return new streams.ReadReq.Options().setAll(place).setCount('100').setNoFilter(empty()).setUuidOption(asText());
}

function filter(): streams.ReadReq.Options.FilterOptions {
  const expression = new streams.ReadReq.Options.FilterOptions.Expression().setPrefixList(['two']);
  return new streams.ReadReq.Options.FilterOptions()
    .setEventType(expression)
    .setMax(32)
    .setCheckpointintervalmultiplier(1);
}

function without<T>(message: T, clear: (message: T) => void): T {
  clear(message);
  return message;
}

const notValid = expect.stringMatching(/^'.+' is not a valid /) as string;

it.each<{ title: string; options: streams.ReadReq.Options; code: status; details?: string }>([
  {
    title: 'a filter on one stream',
    options: ofStream().setFilter(filter()),
    code: status.INVALID_ARGUMENT,
    details: 'The combination of (Stream, Count, Forwards, Filter) is invalid.',
  },
  {
    title: 'a subscription backwards',
    options: ofAll()
      .setSubscription(new streams.ReadReq.Options.SubscriptionOptions())
      .setReadDirection(streams.ReadReq.Options.ReadDirection.BACKWARDS),
    code: status.INVALID_ARGUMENT,
    details: 'The combination of (All, Subscription, Backwards, NoFilter) is invalid.',
  },
  {
    title: 'neither count nor subscription',
    options: without(ofAll(), (options) => options.clearCount()),
    code: status.INVALID_ARGUMENT,
  },
  {
    title: 'neither stream nor $all',
    options: without(ofAll(), (options) => options.clearAll()),
    code: status.INVALID_ARGUMENT,
    details: notValid,
  },
  {
    title: 'no place in a stream',
    options: without(ofStream(), (options) => options.getStream()!.clearStart()),
    code: status.INVALID_ARGUMENT,
    details: notValid,
  },
  {
    title: 'no place in $all',
    options: without(ofAll(), (options) => options.getAll()!.clearStart()),
    code: status.INVALID_ARGUMENT,
    details: notValid,
  },
  {
    title: 'a filter without a window',
    options: ofAll().setFilter(without(filter(), (narrow) => narrow.clearMax())),
    code: status.INVALID_ARGUMENT,
    details: notValid,
  },
  {
    title: 'a filter of nothing',
    options: ofAll().setFilter(without(filter(), (narrow) => narrow.clearEventType())),
    code: status.INVALID_ARGUMENT,
    details: notValid,
  },
  {
    title: 'an interval of 0',
    options: ofAll().setFilter(filter().setCheckpointintervalmultiplier(0)),
    code: status.UNKNOWN,
  },
  {
    title: 'a count of 0',
    options: ofStream().setCount('0'),
    code: status.UNKNOWN,
    details: 'Unexpected ReadStreamResult: Error',
  },
  {
    title: 'no form for ids',
    options: without(ofStream(), (options) => options.clearUuidOption()),
    code: status.UNKNOWN,
  },
  { title: 'a commit before its prepare', options: ofAll({ commit: '1', prepare: '2' }), code: status.UNKNOWN },
  { title: 'a position above 2^63', options: ofAll({ commit: String(2n ** 63n), prepare: '0' }), code: status.UNKNOWN },
  {
    title: 'a position inside an event',
    options: ofAll({ commit: '3', prepare: '3' }),
    code: status.UNKNOWN,
    details: 'Unexpected ReadAllResult: Error',
  },
  {
    title: 'a revision above 2^63',
    options: without(ofStream(), (options) => options.getStream()!.setRevision(String(2n ** 63n))),
    code: status.UNKNOWN,
  },
])('refuses $title', async ({ options, code, details }) => {
  const answers = readRaw(client, options);
  await eventually(() => expect(answers.ended).toMatchObject({ code, ...(details === undefined ? {} : { details }) }));
  expect(answers.responses).toHaveLength(0);
});

it('filters a plain read of $all too', async () => {
  const answers = readRaw(client, ofAll().setFilter(filter()).setCount('2'));
  await eventually(() => expect(answers.ended).toBe(null));
  const types = answers.responses.map((response) => response.getEvent()!.getEvent()!.getMetadataMap().get('type'));
  expect(types).toEqual(['two', 'two']);
});

it('writes ids as two numbers when it is asked to', async () => {
  const answers = readRaw(
    client,
    ofStream().setUuidOption(new streams.ReadReq.Options.UUIDOption().setStructured(empty())),
  );
  await eventually(() => expect(answers.ended).toBe(null));
  const ids = answers.responses.map((response) => response.getEvent()!.getEvent()!.getId()!);
  expect(ids.every((id) => id.hasStructured())).toBe(true);
});

it('tells the last revision to a caller that knows of it', async () => {
  const answers = readRaw(
    client,
    ofStream().setCount('2').setControlOption(new streams.ReadReq.Options.ControlOption().setCompatibility(1)),
  );
  await eventually(() => expect(answers.ended).toBe(null));
  expect(answers.responses).toHaveLength(3);
  expect(answers.responses[2]!.getLastStreamPosition()).toBe('5');
});

describe('the ends of a stream, for a caller that knows of them', () => {
  const read = async (metadata: StreamMetadata, change: (options: streams.ReadReq.Options) => unknown = () => null) => {
    const limited = newStream();
    await server.client.appendToStream(limited, newEvents(6));
    await server.client.setStreamMetadata(limited, metadata);
    const options = ofStream().setControlOption(new streams.ReadReq.Options.ControlOption().setCompatibility(1));
    options.getStream()!.setStreamIdentifier(identifierOf(limited));
    change(options);
    const answers = readRaw(client, options);
    await eventually(() => expect(answers.ended).toBe(null));
    return answers.responses.map((response) => {
      if (response.hasFirstStreamPosition()) return `first ${response.getFirstStreamPosition()}`;
      if (response.hasLastStreamPosition()) return `last ${response.getLastStreamPosition()}`;
      return response.getEvent()!.getEvent()!.getStreamRevision();
    });
  };

  it('the last one follows the events', async () => {
    expect(await read({ maxCount: 2 })).toEqual(['4', '5', 'last 5']);
    const backwards = streams.ReadReq.Options.ReadDirection.BACKWARDS;
    expect(
      await read({ maxCount: 2 }, (options) => {
        options.getStream()!.setEnd(empty());
        options.setReadDirection(backwards);
      }),
    ).toEqual(['5', '4', 'last 5']);
  });

  it('the first one precedes it where there was nothing to read', async () => {
    expect(await read({ truncateBefore: 6 })).toEqual(['first 6', 'last 5']);
    expect(await read({ truncateBefore: 9 }, (options) => options.getStream()!.setRevision('3'))).toEqual([
      'first 9',
      'last 5',
    ]);
  });

  it('the first one is not told to who asked for what comes after the end', async () => {
    expect(await read({}, (options) => options.getStream()!.setRevision('6'))).toEqual(['last 5']);
  });
});

it('reads the largest number as the end of a stream', async () => {
  const options = ofStream().setReadDirection(streams.ReadReq.Options.ReadDirection.BACKWARDS).setCount('1');
  options.getStream()!.setRevision(String(2n ** 64n - 1n));
  const answers = readRaw(client, options);
  await eventually(() => expect(answers.ended).toBe(null));
  expect(answers.responses.map((response) => response.getEvent()!.getEvent()!.getStreamRevision())).toEqual(['5']);
});

// A real server goes round for ever here.
describeOurs('a count of 0 in $all', () => {
  it.each([
    { title: 'forward', options: () => ofAll() },
    {
      title: 'backward',
      options: () => ofAll().setReadDirection(streams.ReadReq.Options.ReadDirection.BACKWARDS),
    },
    { title: 'filtered', options: () => ofAll().setFilter(filter()) },
  ])('gives nothing: $title', async ({ options }) => {
    const answers = readRaw(client, options().setCount('0'));
    await eventually(() => expect(answers.ended).toBe(null));
    expect(answers.responses).toEqual([]);
  });
});

// Nobody may write to these streams of a real server.
describeOurs('in $all', () => {
  it('bookkeeping of the server is hidden, from reads and subscriptions alike', async () => {
    const group = newStream('group');
    const hidden = [
      '$epoch-information',
      `$persistentsubscription-$all::${group}-checkpoint`,
      `$persistentsubscription-$all::${group}-parked`,
    ];
    const shown = [`$persistentsubscription-other::${group}-checkpoint`, `$persistentsubscription-$all::${group}-else`];
    const seen: string[] = [];
    const subscription = server.client.subscribeToAll().on('data', ({ event }) => seen.push(event!.streamId));
    for (const name of [...hidden, ...shown]) await server.client.appendToStream(name, newEvents(1, group));
    await eventually(() => expect(seen).toContain(shown[1]));
    await subscription.unsubscribe();
    expect(seen.filter((name) => hidden.includes(name))).toEqual([]);
    const read = (await collect(server.client.readAll()))
      .map(({ event }) => event!)
      .filter(({ type }) => type === group);
    expect(read.map(({ streamId }) => streamId)).toEqual(shown);
    expect(await collect(server.client.readStream(hidden[1]!))).toHaveLength(1);
  });
});

it('says a missing stream in a message, not in the status', async () => {
  const missing = newStream();
  const options = ofStream();
  options.getStream()!.setStreamIdentifier(identifierOf(missing));
  const answers = readRaw(client, options);
  await eventually(() => expect(answers.ended).toBe(null));
  expect(answers.responses).toHaveLength(1);
  const name = answers.responses[0]!.getStreamNotFound()!.getStreamIdentifier()!.getStreamName_asU8();
  expect(Buffer.from(name).toString()).toBe(missing);
});

it('says that a stream is tombstoned in text and trailers', async () => {
  const ended = newStream();
  await server.client.tombstoneStream(ended);
  const options = ofStream();
  options.getStream()!.setStreamIdentifier(identifierOf(ended));
  const answers = readRaw(client, options);
  await eventually(() =>
    expect(answers.ended).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: `Event stream '${ended}' is deleted.`,
    }),
  );
  expect(answers.ended!.metadata.getMap()).toMatchObject({ exception: 'stream-deleted', 'stream-name': ended });
  expect(answers.responses).toEqual([]);
});

describe('a filter', () => {
  const types = async (change: (expression: streams.ReadReq.Options.FilterOptions.Expression) => unknown) => {
    const narrow = filter();
    change(narrow.getEventType()!);
    const answers = readRaw(client, ofAll().setFilter(narrow));
    await eventually(() => expect(answers.ended).toBe(null));
    return new Set(answers.responses.map((each) => each.getEvent()!.getEvent()!.getMetadataMap().get('type')));
  };

  it('of no prefixes lets nothing through', async () => {
    expect(await types((expression) => expression.clearPrefixList())).toEqual(new Set());
  });

  it('goes by its expression where it has prefixes too', async () => {
    expect(await types((expression) => expression.setRegex('^one$'))).toEqual(new Set(['one']));
  });

  it('may leave the window to the server', async () => {
    const answers = readRaw(client, ofAll().setFilter(without(filter(), (narrow) => narrow.setCount(empty()))));
    await eventually(() => expect(answers.ended).toBe(null));
    expect(answers.responses.length).toBeGreaterThanOrEqual(3);
  });
});

it('gives created in units of 100 ns, and one position as commit and prepare', async () => {
  const answers = readRaw(client, ofStream().setCount('1'));
  await eventually(() => expect(answers.ended).toBe(null));
  const read = answers.responses[0]!.getEvent()!;
  const created = read.getEvent()!.getMetadataMap().get('created');
  expect(created).toMatch(/^\d{17}$/);
  expect(Math.abs(Number(created) / 10_000 - Date.now())).toBeLessThan(60_000);
  expect(read.getEvent()!.getMetadataMap().get('content-type')).toBe('application/json');
  expect(read.getCommitPosition()).toBe(read.getEvent()!.getCommitPosition());
  expect(read.getEvent()!.getPreparePosition()).toBe(read.getEvent()!.getCommitPosition());
});
