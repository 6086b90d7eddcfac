import {
  binaryEvent,
  DeadlineExceededError,
  EventStoreDBClient,
  jsonEvent,
  MaxAppendSizeExceededError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import type { AppendExpectedRevision, AppendToStreamOptions, JSONEventData } from '@eventstore/db-client';
import { describe, expect, it } from 'vitest';
import { collect, errorOf, newEvent, newEvents, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();

/** The client appends in a batch, unless the call has credentials of its own: then by the older unary call. */
const protocols: { name: string; options: AppendToStreamOptions; flood: number }[] = [
  { name: 'batch', options: {}, flood: 10_000 },
  {
    name: 'unary',
    options: { credentials: { username: 'admin', password: 'changeit' }, deadline: 60_000 },
    flood: 1_000,
  },
];

async function storedIds(stream: string): Promise<string[]> {
  return (await collect(server.client.readStream(stream))).map(({ event }) => event!.id);
}

describe.each(protocols)('append, $name', ({ options, flood }) => {
  const append = (
    stream: string,
    events: JSONEventData | JSONEventData[],
    expectedRevision: AppendExpectedRevision = 'any',
  ) => server.client.appendToStream(stream, events, { ...options, expectedRevision });

  const refusal = async (stream: string, events: JSONEventData[], expected: AppendExpectedRevision) => {
    const error = await errorOf(append(stream, events, expected));
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    const { streamName, expectedVersion, actualVersion } = error as WrongExpectedVersionError;
    expect(streamName).toBe(stream);
    return { expectedVersion, actualVersion };
  };

  it.each<AppendExpectedRevision>(['any', 'no_stream'])('starts a stream when %s is expected', async (expected) => {
    const result = await append(newStream(), newEvents(2), expected);
    expect(result).toMatchObject({ success: true, nextExpectedRevision: 1n });
    expect(result.position!.commit).toBe(result.position!.prepare);
  });

  it.each<AppendExpectedRevision>(['any', 'stream_exists', 1n])(
    'continues a stream when %s is expected',
    async (expected) => {
      const stream = newStream();
      const first = await append(stream, newEvents(2));
      const second = await append(stream, newEvents(3), expected);
      expect(second.nextExpectedRevision).toBe(4n);
      expect(second.position!.commit).toBeGreaterThan(first.position!.commit);
    },
  );

  it('counts a stream with metadata alone as existing', async () => {
    const stream = newStream();
    await server.client.setStreamMetadata(stream, { owner: 'tests' });
    expect(await append(stream, newEvents(1), 'stream_exists')).toMatchObject({ nextExpectedRevision: 0n });
    expect((await server.client.getStreamMetadata(stream)).metadata).toEqual({ owner: 'tests' });
  });

  it.each<{ title: string; stored: number; expected: AppendExpectedRevision; actual: bigint | 'no_stream' }>([
    { title: 'no stream, but there is one', stored: 2, expected: 'no_stream', actual: 1n },
    { title: 'an older revision', stored: 3, expected: 1n, actual: 2n },
    { title: 'a newer revision', stored: 1, expected: 7n, actual: 0n },
    { title: 'a revision of a stream that is missing', stored: 0, expected: 0n, actual: 'no_stream' },
    { title: 'that it exists, and it is missing', stored: 0, expected: 'stream_exists', actual: 'no_stream' },
    { title: 'the largest revision there can be', stored: 1, expected: 2n ** 63n - 1n, actual: 0n },
  ])('refuses what expects $title', async ({ stored, expected, actual }) => {
    const stream = newStream();
    if (stored > 0) await append(stream, newEvents(stored));
    expect(await refusal(stream, newEvents(1), expected)).toEqual({ expectedVersion: expected, actualVersion: actual });
    const left = stored === 0 ? [] : await storedIds(stream);
    expect(left).toHaveLength(stored);
  });

  it('tells a conflict without an error when the client asks for that', async () => {
    const stream = newStream();
    await append(stream, newEvents(1));
    const lenient = EventStoreDBClient.connectionString(`${server.url}&throwOnAppendFailure=false`);
    const conflict = await lenient.appendToStream(stream, newEvents(1), { ...options, expectedRevision: 'no_stream' });
    await lenient.dispose();
    expect(conflict).toMatchObject({ success: false });
  });

  describe('the same events again', () => {
    it.each<AppendExpectedRevision>(['any', 'stream_exists', 'no_stream'])(
      '%s: answers as before',
      async (expected) => {
        const stream = newStream();
        const events = newEvents(3);
        const first = await append(stream, events);
        await append(stream, newEvents(2));
        expect(await append(stream, events, expected)).toEqual(first);
        expect(await storedIds(stream)).toHaveLength(5);
      },
    );

    it('at their revision: answers as before', async () => {
      const stream = newStream();
      await append(stream, newEvents(2));
      const events = newEvents(2);
      const first = await append(stream, events, 1n);
      await append(stream, newEvents(1));
      expect(await append(stream, events, 1n)).toEqual(first);
    });

    it('a part of them: answers with the last of the part', async () => {
      const stream = newStream();
      const events = newEvents(3);
      await append(stream, events);
      expect(await append(stream, events.slice(0, 2), 'no_stream')).toMatchObject({ nextExpectedRevision: 1n });
      expect(await append(stream, [events[0]!, events[2]!], 'any')).toMatchObject({ nextExpectedRevision: 2n });
    });

    it.each<AppendExpectedRevision>(['any', 'stream_exists', 'no_stream'])(
      'and one more, %s: a conflict',
      async (expected) => {
        const stream = newStream();
        const events = newEvents(2);
        await append(stream, events);
        expect(await refusal(stream, [...events, newEvent()], expected)).toMatchObject({ actualVersion: 1n });
      },
    );

    it('after an unknown one, any: are written again', async () => {
      const stream = newStream();
      const known = newEvent();
      await append(stream, known);
      const unknown = newEvent();
      expect(await append(stream, [unknown, known])).toMatchObject({ nextExpectedRevision: 2n });
      expect(await storedIds(stream)).toEqual([known.id, unknown.id, known.id]);
    });

    it('at the current revision: are written again', async () => {
      const stream = newStream();
      const known = newEvent();
      await append(stream, known);
      expect(await append(stream, known, 0n)).toMatchObject({ nextExpectedRevision: 1n });
    });

    it('in another stream: are other events', async () => {
      const event = newEvent();
      await append(newStream(), event);
      expect(await append(newStream(), event)).toMatchObject({ nextExpectedRevision: 0n });
    });

    it('with another order, no stream: a conflict', async () => {
      const stream = newStream();
      const [a, b] = newEvents(2);
      await append(stream, [a!, b!]);
      expect(await refusal(stream, [b!, a!], 'no_stream')).toMatchObject({ actualVersion: 1n });
    });
  });

  it('an append of nothing succeeds where its expectation holds and makes no stream', async () => {
    const stream = newStream();
    expect(await append(stream, [], 'any')).toMatchObject({ success: true });
    await append(stream, newEvents(2), 'no_stream');
    expect(await append(stream, [], 'any')).toMatchObject({ nextExpectedRevision: 1n });
    expect(await append(stream, [], 1n)).toMatchObject({ nextExpectedRevision: 1n });
    await refusal(stream, [], 0n);
    await refusal(stream, [], 'no_stream');
    await refusal(newStream(), [], 'stream_exists');
  });

  it('gives back every kind of event as it was', async () => {
    const stream = newStream('契約');
    const json = jsonEvent({ type: '種類', data: { text: '🎉\u0000"' }, metadata: { by: 'é' } });
    const binary = binaryEvent({ type: 'raw', data: Buffer.from([0, 255, 128]), metadata: Buffer.from([1, 2]) });
    const bare = jsonEvent({ type: 'bare', data: {} });
    const { position } = await server.client.appendToStream(stream, [json, binary, bare], options);
    const events = (await collect(server.client.readStream(stream))).map(({ event }) => event!);
    expect(events).toMatchObject([
      { id: json.id, type: json.type, data: json.data, metadata: json.metadata, streamId: stream, isJson: true },
      { id: binary.id, type: 'raw', isJson: false, revision: 1n },
      { id: bare.id, data: {}, metadata: undefined, revision: 2n },
    ]);
    expect(Buffer.from(events[1]!.data as Uint8Array)).toEqual(Buffer.from([0, 255, 128]));
    expect(Buffer.from(events[1]!.metadata as Uint8Array)).toEqual(Buffer.from([1, 2]));
    expect(events[2]!.position).toEqual(position);
    expect(events[0]!.created).toBeInstanceOf(Date);
  });

  it('takes 1 MiB of data in one append and no more', async () => {
    const ofBytes = (bytes: number) =>
      binaryEvent({ type: 'big', data: Buffer.alloc(bytes), metadata: Buffer.alloc(1_000) });
    const stream = newStream();
    const halves = [ofBytes(524_288), ofBytes(524_288)];
    expect(await server.client.appendToStream(stream, halves, options)).toMatchObject({ nextExpectedRevision: 1n });
    const error = await errorOf(server.client.appendToStream(stream, [...halves, ofBytes(1)], options));
    expect(error).toBeInstanceOf(MaxAppendSizeExceededError);
    expect((error as MaxAppendSizeExceededError).maxAppendSize).toBe(1_048_576);
    expect(await storedIds(stream)).toHaveLength(2);
  });

  it('counts data only, so that 30,000 small events fit and 40,000 do not', async () => {
    const stream = newStream();
    const small = (count: number) =>
      Array.from({ length: count }, (_, i) => newEvent({ text: `event ${i}`.padEnd(20) }, 'small'));
    // In one part: a batch whose parts take more than 2 s is given up, whatever keeps its client so long.
    const inOnePart = { ...options, batchAppendSize: 8 * 1024 * 1024 };
    const appended = await server.client.appendToStream(stream, small(30_000), inOnePart);
    expect(appended).toMatchObject({ nextExpectedRevision: 29_999n });
    const tooMany = server.client.appendToStream(stream, small(40_000), inOnePart);
    expect(await errorOf(tooMany)).toBeInstanceOf(MaxAppendSizeExceededError);
  }, 60_000);

  it('writes nothing when its deadline passes before it is whole', async () => {
    const stream = newStream();
    const late = server.client.appendToStream(stream, newEvents(30_000), { ...options, deadline: 1 });
    expect(await errorOf(late)).toBeInstanceOf(DeadlineExceededError);
    expect(await append(stream, newEvents(1), 'any')).toMatchObject({ nextExpectedRevision: 0n });
  });

  it(`takes ${flood} appends to one stream at once`, async () => {
    const stream = newStream();
    const events = newEvents(flood);
    const results = await Promise.all(events.map((event) => append(stream, event)));
    const revisions = results.map(({ nextExpectedRevision }) => nextExpectedRevision).toSorted((a, b) => Number(a - b));
    expect(revisions).toEqual(events.map((_, index) => BigInt(index)));
    expect(new Set(await storedIds(stream))).toEqual(new Set(events.map(({ id }) => id)));
  }, 60_000);

  it(`takes ${flood} appends to as many streams at once`, async () => {
    const prefix = newStream();
    const results = await Promise.all(
      Array.from({ length: flood }, (_, index) => append(`${prefix}-${index}`, newEvents(1), 'no_stream')),
    );
    expect(results.filter(({ nextExpectedRevision }) => nextExpectedRevision !== 0n)).toEqual([]);
    expect(new Set(results.map(({ position }) => position!.commit)).size).toBe(flood);
  }, 60_000);

  it('lets exactly one of many that race for a revision win', async () => {
    const stream = newStream();
    const outcomes = await Promise.allSettled(newEvents(50).map((event) => append(stream, event, 'no_stream')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await storedIds(stream)).toHaveLength(1);
  });
});

it('joins the parts of one append and refuses it as a whole', async () => {
  const stream = newStream();
  const events = newEvents(5_000);
  const options = { batchAppendSize: 1_024, expectedRevision: 'no_stream' as const };
  expect(await server.client.appendToStream(stream, events, options)).toMatchObject({ nextExpectedRevision: 4_999n });
  expect(await storedIds(stream)).toEqual(events.map(({ id }) => id));
  const tooBig = Array.from({ length: 1_100 }, () => newEvent({ pad: 'x'.repeat(1_000) }));
  expect(await errorOf(server.client.appendToStream(newStream(), tooBig, options))).toBeInstanceOf(
    MaxAppendSizeExceededError,
  );
  expect(await server.client.appendToStream(stream, newEvents(1), { expectedRevision: 4_999n })).toMatchObject({
    success: true,
  });
});
