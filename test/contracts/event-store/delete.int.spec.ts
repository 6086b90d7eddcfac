import { jsonEvent, StreamDeletedError, StreamNotFoundError, WrongExpectedVersionError } from '@eventstore/db-client';
import type { AppendExpectedRevision, AppendToStreamOptions, ExpectedRevision } from '@eventstore/db-client';
import { describe, expect, it } from 'vitest';
import { collect, errorOf, newEvents, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();

/** How an append travels: in the batch protocol, or in the older unary one. */
const protocols: { name: string; options: AppendToStreamOptions }[] = [
  { name: 'batch', options: {} },
  { name: 'unary', options: { credentials: { username: 'admin', password: 'changeit' } } },
];

async function streamOf(count: number): Promise<string> {
  const stream = newStream();
  await server.client.appendToStream(stream, newEvents(count));
  return stream;
}

async function deletedStreamOf(count: number): Promise<string> {
  const stream = await streamOf(count);
  await server.client.deleteStream(stream);
  return stream;
}

async function revisionsOf(stream: string, direction: 'forwards' | 'backwards' = 'forwards'): Promise<number[]> {
  const fromRevision = direction === 'forwards' ? 'start' : 'end';
  const events = await collect(server.client.readStream(stream, { direction, fromRevision }));
  return events.map(({ event }) => Number(event!.revision));
}

async function inAll(...streams: string[]) {
  return (await collect(server.client.readAll()))
    .map(({ event }) => event!)
    .filter(({ streamId }) => streams.includes(streamId));
}

describe('a soft delete', () => {
  it.each<ExpectedRevision>(['any', 2n])('hides the stream when %s is expected', async (expectedRevision) => {
    const stream = await streamOf(3);
    const { position } = await server.client.deleteStream(stream, { expectedRevision });
    for (const direction of ['forwards', 'backwards'] as const)
      expect(await errorOf(revisionsOf(stream, direction))).toBeInstanceOf(StreamNotFoundError);
    const metadata = (await inAll(`$$${stream}`)).at(-1)!;
    expect(metadata).toMatchObject({ type: '$metadata', isJson: true, position });
  });

  it('leaves the events in $all', async () => {
    const stream = await deletedStreamOf(3);
    expect((await inAll(stream)).map(({ revision }) => revision)).toEqual([0n, 1n, 2n]);
  });

  it('replaces all metadata, and can be read there', async () => {
    const stream = await streamOf(1);
    await server.client.setStreamMetadata(stream, { maxCount: 3, owner: 'tests', acl: { readRoles: ['ops'] } });
    await server.client.deleteStream(stream);
    const { metadata } = await server.client.getStreamMetadata(stream);
    expect(metadata).toEqual({ truncateBefore: Number(2n ** 63n - 1n) });
  });

  it.each<{ title: string; count: number; expected: ExpectedRevision; actual: bigint }>([
    { title: 'an older revision', count: 3, expected: 1n, actual: 2n },
    { title: 'a newer revision', count: 3, expected: 7n, actual: 2n },
    { title: 'no stream, but there is one', count: 3, expected: 'no_stream', actual: 2n },
    { title: 'anything of a stream that is missing', count: 0, expected: 'any', actual: -1n },
    { title: 'no stream, and it is missing', count: 0, expected: 'no_stream', actual: -1n },
    { title: 'a revision of a stream that is missing', count: 0, expected: 0n, actual: -1n },
  ])('is refused when it expects $title', async ({ count, expected, actual }) => {
    const stream = count === 0 ? newStream() : await streamOf(count);
    const error = await errorOf(server.client.deleteStream(stream, { expectedRevision: expected }));
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ streamName: stream, actualVersion: actual });
    expect(await inAll(`$$${stream}`)).toEqual([]);
  });

  it('takes a stream that has metadata alone', async () => {
    const stream = newStream();
    await server.client.setStreamMetadata(stream, { owner: 'tests' });
    await server.client.deleteStream(stream);
    expect((await server.client.getStreamMetadata(stream)).metadata).not.toHaveProperty('owner');
    expect(await server.client.appendToStream(stream, newEvents(1))).toMatchObject({ nextExpectedRevision: 0n });
    expect(await revisionsOf(stream)).toEqual([0]);
  });

  it.each<ExpectedRevision>(['any', 'no_stream', 1n])('can be repeated, expecting %s', async (again) => {
    const stream = await deletedStreamOf(2);
    expect(await server.client.deleteStream(stream, { expectedRevision: again })).toHaveProperty('position');
    expect(await errorOf(revisionsOf(stream))).toBeInstanceOf(StreamNotFoundError);
  });

  it('is refused the second time at an older revision', async () => {
    const stream = await deletedStreamOf(2);
    const error = await errorOf(server.client.deleteStream(stream, { expectedRevision: 0n }));
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
  });
});

describe.each(protocols)('after a soft delete, append by $name', ({ options }) => {
  const append = (stream: string, count: number, expectedRevision: AppendExpectedRevision) =>
    server.client.appendToStream(stream, newEvents(count), { ...options, expectedRevision });

  it.each<AppendExpectedRevision>(['any', 'no_stream', 2n])(
    'goes on with the next number when %s is expected',
    async (expected) => {
      const stream = await deletedStreamOf(3);
      expect(await append(stream, 2, expected)).toMatchObject({ nextExpectedRevision: 4n });
      expect(await revisionsOf(stream)).toEqual([3, 4]);
      expect(await revisionsOf(stream, 'backwards')).toEqual([4, 3]);
      expect((await server.client.getStreamMetadata(stream)).metadata).toEqual({ truncateBefore: 3 });
    },
  );

  it('adds the metadata right behind its events', async () => {
    const stream = await deletedStreamOf(1);
    const { position } = await append(stream, 2, 'any');
    const events = await inAll(stream, `$$${stream}`);
    expect(events.map(({ streamId, revision }) => [streamId, revision])).toEqual([
      [stream, 0n],
      [`$$${stream}`, 0n],
      [stream, 1n],
      [stream, 2n],
      [`$$${stream}`, 1n],
    ]);
    expect(events[3]!.position).toEqual(position);
  });

  it('is refused when the stream is to exist', async () => {
    const stream = await deletedStreamOf(2);
    const error = await errorOf(append(stream, 1, 'stream_exists'));
    expect(error).toBeInstanceOf(StreamDeletedError);
    expect(error).toMatchObject({ streamName: stream });
    expect(await errorOf(revisionsOf(stream))).toBeInstanceOf(StreamNotFoundError);
  });

  it.each<AppendExpectedRevision>([0n, 7n])('is refused at revision %s, which is not the last', async (expected) => {
    const stream = await deletedStreamOf(2);
    const error = await errorOf(append(stream, 1, expected));
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ actualVersion: 1n });
  });

  it.each<AppendExpectedRevision>(['any', 'no_stream'])(
    'answers a repeat as before and brings nothing back, %s',
    async (expectedRevision) => {
      const stream = newStream();
      const events = newEvents(2);
      const first = await server.client.appendToStream(stream, events, options);
      await server.client.deleteStream(stream);
      expect(await server.client.appendToStream(stream, events, { ...options, expectedRevision })).toEqual(first);
      expect(await errorOf(revisionsOf(stream))).toBeInstanceOf(StreamNotFoundError);
    },
  );

  it('brings the stream back even when it appends nothing', async () => {
    const stream = await deletedStreamOf(2);
    expect(await append(stream, 0, 'any')).toMatchObject({ nextExpectedRevision: 1n });
    expect(await revisionsOf(stream)).toEqual([]);
    expect((await server.client.getStreamMetadata(stream)).metadata).toEqual({ truncateBefore: 2 });
  });

  it('can be deleted again', async () => {
    const stream = await deletedStreamOf(1);
    await append(stream, 1, 'any');
    await server.client.deleteStream(stream, { expectedRevision: 1n });
    expect(await errorOf(revisionsOf(stream))).toBeInstanceOf(StreamNotFoundError);
    await append(stream, 1, 'any');
    expect(await revisionsOf(stream)).toEqual([2]);
  });
});

describe('metadata for a soft-deleted stream', () => {
  it('brings it back without events, and is written twice', async () => {
    const stream = await deletedStreamOf(3);
    await server.client.setStreamMetadata(stream, { owner: 'tests', maxCount: 9 });
    expect(await revisionsOf(stream)).toEqual([]);
    const written = (await inAll(`$$${stream}`)).map(({ data }) => data);
    expect(written.slice(1)).toEqual([
      { owner: 'tests', $maxCount: 9 },
      { owner: 'tests', $maxCount: 9, $tb: 3 },
    ]);
    await server.client.appendToStream(stream, newEvents(1));
    expect(await revisionsOf(stream)).toEqual([3]);
  });

  it('that is no JSON object stays as it is, and hides nothing', async () => {
    const stream = await deletedStreamOf(2);
    const none = jsonEvent({ type: '$metadata', data: [1] as unknown as Record<string, unknown> });
    await server.client.appendToStream(`$$${stream}`, none);
    expect(await inAll(`$$${stream}`)).toHaveLength(2);
    expect(await revisionsOf(stream)).toEqual([0, 1]);
  });
});

describe('a tombstone', () => {
  /** What can be done with the stream without being told that it is deleted. */
  const allowedWith = async (stream: string) => {
    const attempts: Record<string, () => PromiseLike<unknown>> = {
      append: () => server.client.appendToStream(stream, newEvents(1)),
      'append, unary': () => server.client.appendToStream(stream, newEvents(1), protocols[1]!.options),
      'append, no stream': () => server.client.appendToStream(stream, newEvents(1), { expectedRevision: 'no_stream' }),
      'append, exists': () => server.client.appendToStream(stream, newEvents(1), { expectedRevision: 'stream_exists' }),
      'append nothing': () => server.client.appendToStream(stream, []),
      read: () => revisionsOf(stream),
      'read back': () => revisionsOf(stream, 'backwards'),
      delete: () => server.client.deleteStream(stream),
      tombstone: () => server.client.tombstoneStream(stream),
      'set metadata': () => server.client.setStreamMetadata(stream, { owner: 'tests' }),
      'get metadata': () => server.client.getStreamMetadata(stream),
    };
    const refused: string[] = [];
    for (const [name, act] of Object.entries(attempts)) {
      if ((await errorOf(act())) instanceof StreamDeletedError) refused.push(name);
    }
    return Object.keys(attempts).filter((name) => !refused.includes(name));
  };

  it.each<ExpectedRevision>(['any', 2n])('ends the stream for ever when %s is expected', async (expected) => {
    const stream = await streamOf(3);
    await server.client.setStreamMetadata(stream, { owner: 'tests' });
    await server.client.tombstoneStream(stream, { expectedRevision: expected });
    expect(await allowedWith(stream)).toEqual([]);
  });

  it.each<ExpectedRevision>(['any', 'no_stream'])('ends a missing stream when %s is expected', async (expected) => {
    const stream = newStream();
    await server.client.tombstoneStream(stream, { expectedRevision: expected });
    expect(await allowedWith(stream)).toEqual([]);
  });

  it.each<ExpectedRevision>(['any', 'no_stream', 1n])('ends a soft-deleted stream, expecting %s', async (expected) => {
    const stream = await deletedStreamOf(2);
    await server.client.tombstoneStream(stream, { expectedRevision: expected });
    expect(await allowedWith(stream)).toEqual([]);
  });

  it.each<{ title: string; count: number; expected: ExpectedRevision; actual: bigint }>([
    { title: 'an older revision', count: 3, expected: 1n, actual: 2n },
    { title: 'a newer revision', count: 3, expected: 7n, actual: 2n },
    { title: 'no stream, but there is one', count: 3, expected: 'no_stream', actual: 2n },
    { title: 'a revision of a stream that is missing', count: 0, expected: 0n, actual: -1n },
  ])('is refused when it expects $title', async ({ count, expected, actual }) => {
    const stream = count === 0 ? newStream() : await streamOf(count);
    const error = await errorOf(server.client.tombstoneStream(stream, { expectedRevision: expected }));
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ streamName: stream, actualVersion: actual });
    await server.client.appendToStream(stream, newEvents(1));
  });

  it('is an event in $all with the largest number', async () => {
    const stream = await streamOf(1);
    const { position } = await server.client.tombstoneStream(stream);
    const events = await inAll(stream);
    expect(events).toHaveLength(2);
    expect(events[1]).toMatchObject({ type: '$streamDeleted', isJson: false, revision: 2n ** 63n - 1n, position });
    expect(Buffer.from(events[1]!.data as Uint8Array)).toHaveLength(0);
  });
});
