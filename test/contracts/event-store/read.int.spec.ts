import { StreamNotFoundError } from '@eventstore/db-client';
import type { ReadRevision } from '@eventstore/db-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { collect, errorOf, newEvents, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();

describe('a stream', () => {
  const stream = newStream();
  beforeAll(() => server.client.appendToStream(stream, newEvents(600)));

  it.each<{
    title: string;
    direction: 'forwards' | 'backwards';
    from: ReadRevision;
    maxCount?: number;
    first: number;
    count: number;
  }>([
    { title: 'from the start', direction: 'forwards', from: 'start', first: 0, count: 600 },
    { title: 'from the start, a few', direction: 'forwards', from: 'start', maxCount: 10, first: 0, count: 10 },
    { title: 'from a revision, inclusive', direction: 'forwards', from: 590n, first: 590, count: 10 },
    { title: 'from beyond the end', direction: 'forwards', from: 600n, first: 0, count: 0 },
    { title: 'forward from the end', direction: 'forwards', from: 'end', first: 0, count: 0 },
    { title: 'backward from the end', direction: 'backwards', from: 'end', first: 599, count: 600 },
    { title: 'backward, the last', direction: 'backwards', from: 'end', maxCount: 1, first: 599, count: 1 },
    { title: 'backward from a revision, inclusive', direction: 'backwards', from: 5n, first: 5, count: 6 },
    { title: 'backward from beyond the end', direction: 'backwards', from: 4_000n, maxCount: 2, first: 599, count: 2 },
    { title: 'backward from the start', direction: 'backwards', from: 'start', first: 0, count: 1 },
  ])('$title', async ({ direction, from, maxCount, first, count }) => {
    const limit = maxCount === undefined ? {} : { maxCount };
    const events = await collect(server.client.readStream(stream, { direction, fromRevision: from, ...limit }));
    const step = direction === 'forwards' ? 1 : -1;
    expect(events.map(({ event }) => Number(event!.revision))).toEqual(
      Array.from({ length: count }, (_, index) => first + step * index),
    );
  });

  it.each(['forwards', 'backwards'] as const)('that is missing is not found, %s', async (direction) => {
    const missing = newStream();
    const fromRevision = direction === 'forwards' ? 'start' : 'end';
    const error = await errorOf(collect(server.client.readStream(missing, { direction, fromRevision })));
    expect(error).toBeInstanceOf(StreamNotFoundError);
    expect((error as StreamNotFoundError).streamName).toBe(missing);
  });

  it('is not mixed up with one whose name begins alike', async () => {
    const short = newStream();
    await server.client.appendToStream(`${short}-longer`, newEvents(2));
    await server.client.appendToStream(short, newEvents(1));
    expect(await collect(server.client.readStream(short))).toHaveLength(1);
  });

  it('has a name of any length', async () => {
    const long = newStream('x'.repeat(5_000));
    await server.client.appendToStream(long, newEvents(1));
    const [only] = await collect(server.client.readStream(long));
    expect(only!.event!.streamId).toBe(long);
  });

  it('can be left in the middle of a read', async () => {
    let seen = 0;
    for await (const { event } of server.client.readStream(stream)) {
      seen = Number(event!.revision);
      if (seen === 3) break;
    }
    expect(seen).toBe(3);
  });
});

describe('$all', () => {
  const streams = [newStream(), newStream()];
  const positions: bigint[] = [];
  beforeAll(async () => {
    for (let round = 0; round < 10; round += 1) {
      const { position } = await server.client.appendToStream(streams[round % 2]!, newEvents(1));
      positions.push(position!.commit);
    }
  });
  const at = (index: number) => ({ commit: positions[index]!, prepare: positions[index]! });
  const read = async (options: Parameters<typeof server.client.readAll>[0]) =>
    (await collect(server.client.readAll(options)))
      .map(({ event }) => event!)
      .filter(({ streamId }) => streams.includes(streamId))
      .map(({ position }) => position.commit);

  it('gives all events in the order in which they were written', async () => {
    expect(await read({})).toEqual(positions);
    expect(positions).toEqual(positions.toSorted((a, b) => Number(a - b)));
  });

  it('forward: begins with the event at the position', async () => {
    expect(await read({ fromPosition: at(4) })).toEqual(positions.slice(4));
    expect(await read({ fromPosition: at(4), maxCount: 2 })).toEqual(positions.slice(4, 6));
  });

  it('backward: ends before the position', async () => {
    expect(await read({ direction: 'backwards', fromPosition: at(4) })).toEqual(positions.slice(0, 4).toReversed());
    expect(await read({ direction: 'backwards', fromPosition: at(4), maxCount: 2 })).toEqual([
      positions[3],
      positions[2],
    ]);
    expect(await read({ direction: 'backwards', fromPosition: 'end', maxCount: 600 })).toEqual(positions.toReversed());
  });

  it('is empty from the end on and before the start', async () => {
    expect(await read({ fromPosition: 'end' })).toEqual([]);
    expect(await read({ direction: 'backwards', fromPosition: 'start' })).toEqual([]);
  });

  it('refuses a position between two events', async () => {
    const between = { commit: positions[4]! + 1n, prepare: positions[4]! + 1n };
    expect(await errorOf(read({ fromPosition: between }))).toMatchObject({ code: 2 });
  });

  it('holds metadata too', async () => {
    const stream = newStream();
    await server.client.setStreamMetadata(stream, { maxCount: 3 });
    const metastream = (await collect(server.client.readAll())).filter(
      ({ event }) => event!.streamId === `$$${stream}`,
    );
    expect(metastream).toMatchObject([{ event: { type: '$metadata' } }]);
  });
});
