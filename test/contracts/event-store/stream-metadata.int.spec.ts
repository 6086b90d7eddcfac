import { jsonEvent, StreamNotFoundError } from '@eventstore/db-client';
import type { ReadRevision, StreamMetadata } from '@eventstore/db-client';
import { describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { collect, errorOf, newEvents, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();

async function revisionsOf(stream: string, options: Parameters<typeof server.client.readStream>[1] = {}) {
  return (await collect(server.client.readStream(stream, options))).map(({ event }) => Number(event!.revision));
}

async function streamWith(count: number, metadata: StreamMetadata): Promise<string> {
  const stream = newStream();
  await server.client.appendToStream(stream, newEvents(count));
  await server.client.setStreamMetadata(stream, metadata);
  return stream;
}

describe('stream metadata', () => {
  it('of a stream that has none is empty', async () => {
    const stream = newStream();
    expect(await server.client.getStreamMetadata(stream)).toEqual({ streamName: stream });
  });

  it('comes back with all its keys', async () => {
    const stream = newStream();
    const metadata = {
      maxCount: 7,
      maxAge: 3_600,
      truncateBefore: 2,
      cacheControl: 60,
      acl: {
        readRoles: ['$all'],
        writeRoles: ['ops'],
        deleteRoles: [],
        metaReadRoles: ['a', 'b'],
        metaWriteRoles: ['c'],
      },
      own: { key: ['1', 2, null] },
      name: '契約',
    };
    await server.client.setStreamMetadata(stream, metadata);
    expect(await server.client.getStreamMetadata(stream)).toMatchObject({ metadata });
    await server.client.setStreamMetadata(stream, { name: 'other' });
    expect(await server.client.getStreamMetadata(stream)).toMatchObject({ metadata: { name: 'other' } });
  });

  it('is written at an expected revision of its own stream', async () => {
    const stream = newStream();
    await server.client.setStreamMetadata(stream, { a: '1' }, { expectedRevision: 'no_stream' });
    await server.client.setStreamMetadata(stream, { a: '2' }, { expectedRevision: 0n });
    expect(await errorOf(server.client.setStreamMetadata(stream, { a: '3' }, { expectedRevision: 0n }))).toMatchObject({
      type: 'wrong-expected-version',
      actualVersion: 1n,
    });
  });

  it('is the newest event of its stream, which shows no other', async () => {
    const stream = newStream();
    for (const own of ['1', '2', '3']) await server.client.setStreamMetadata(stream, { own });
    expect(await revisionsOf(`$$${stream}`)).toEqual([2]);
    expect(await revisionsOf(`$$${stream}`, { direction: 'backwards', fromRevision: 'end' })).toEqual([2]);
  });

  it('does not make a stream that can be read', async () => {
    const stream = newStream();
    await server.client.setStreamMetadata(stream, { maxCount: 5 });
    expect(await errorOf(revisionsOf(stream))).toBeInstanceOf(StreamNotFoundError);
  });
});

describe('a read of a stream with limits', () => {
  it.each<{
    title: string;
    metadata: StreamMetadata;
    direction?: 'forwards' | 'backwards';
    from?: ReadRevision;
    maxCount?: number;
    read: number[];
  }>([
    { title: 'maxCount, forward', metadata: { maxCount: 3 }, read: [7, 8, 9] },
    { title: 'maxCount, forward, limited', metadata: { maxCount: 3 }, maxCount: 2, read: [7, 8] },
    { title: 'maxCount, from below the first', metadata: { maxCount: 3 }, from: 2n, maxCount: 1, read: [7] },
    { title: 'maxCount, from within', metadata: { maxCount: 3 }, from: 8n, read: [8, 9] },
    { title: 'maxCount, backward', metadata: { maxCount: 3 }, direction: 'backwards', from: 'end', read: [9, 8, 7] },
    {
      title: 'maxCount, backward from within',
      metadata: { maxCount: 3 },
      direction: 'backwards',
      from: 8n,
      read: [8, 7],
    },
    {
      title: 'maxCount, backward from below the first',
      metadata: { maxCount: 3 },
      direction: 'backwards',
      from: 5n,
      read: [],
    },
    {
      title: 'maxCount, backward from the start',
      metadata: { maxCount: 3 },
      direction: 'backwards',
      from: 'start',
      read: [],
    },
    { title: 'maxCount larger than the stream', metadata: { maxCount: 50 }, maxCount: 2, read: [0, 1] },
    { title: 'truncateBefore, forward', metadata: { truncateBefore: 6 }, read: [6, 7, 8, 9] },
    {
      title: 'truncateBefore, backward',
      metadata: { truncateBefore: 8 },
      direction: 'backwards',
      from: 'end',
      read: [9, 8],
    },
    { title: 'truncateBefore beyond the end', metadata: { truncateBefore: 10 }, read: [] },
    {
      title: 'truncateBefore beyond the end, backward',
      metadata: { truncateBefore: 10 },
      direction: 'backwards',
      from: 'end',
      read: [],
    },
    { title: 'truncateBefore 0', metadata: { truncateBefore: 0 }, maxCount: 1, read: [0] },
    { title: 'both, the narrower one holds', metadata: { truncateBefore: 2, maxCount: 4 }, read: [6, 7, 8, 9] },
    { title: 'an age that nothing has', metadata: { maxAge: 3_600 }, maxCount: 2, read: [0, 1] },
    { title: 'a maxCount of 0 is none', metadata: { maxCount: 0 }, maxCount: 1, read: [0] },
  ])('$title', async ({ metadata, direction = 'forwards', from = 'start', maxCount = 100, read }) => {
    const stream = await streamWith(10, metadata);
    expect(await revisionsOf(stream, { direction, fromRevision: from, maxCount })).toEqual(read);
  });

  it('skips what has expired, and is empty, not missing, when all has', async () => {
    const stream = await streamWith(3, { maxAge: 1 });
    await eventually(async () => expect(await revisionsOf(stream)).toEqual([]));
    expect(await revisionsOf(stream, { direction: 'backwards', fromRevision: 'end' })).toEqual([]);
    const all = (await collect(server.client.readAll())).filter(({ event }) => event!.streamId === stream);
    expect(all.map(({ event }) => Number(event!.revision))).toEqual([0, 1, 2]);
    // A new event can be read for a second.
    const fresh = await eventually(async () => {
      await server.client.appendToStream(stream, newEvents(1));
      const revisions = await revisionsOf(stream);
      expect(revisions).not.toEqual([]);
      return revisions;
    });
    expect(Math.min(...fresh)).toBeGreaterThan(2);
    await server.client.setStreamMetadata(stream, {});
    expect((await revisionsOf(stream)).slice(0, 4)).toEqual([0, 1, 2, 3]);
  });

  it('follows every change of them', async () => {
    const stream = await streamWith(5, { maxCount: 1 });
    expect(await revisionsOf(stream)).toEqual([4]);
    await server.client.setStreamMetadata(stream, { maxCount: 2 });
    expect(await revisionsOf(stream)).toEqual([3, 4]);
    await server.client.appendToStream(stream, newEvents(1));
    expect(await revisionsOf(stream)).toEqual([4, 5]);
  });

  it.each([
    { title: 'a wrong type', data: { $maxCount: 'one', $tb: 3 } },
    { title: 'a fraction', data: { $maxCount: 1.5, $tb: 3 } },
    { title: 'a list', data: [1] as unknown as Record<string, unknown> },
  ])('heeds none when one of them is $title', async ({ data }) => {
    const stream = newStream();
    await server.client.appendToStream(stream, newEvents(5));
    await server.client.appendToStream(`$$${stream}`, jsonEvent({ type: '$metadata', data }));
    expect(await revisionsOf(stream)).toEqual([0, 1, 2, 3, 4]);
  });

  it('leaves $all whole', async () => {
    const stream = await streamWith(4, { maxCount: 1 });
    const all = (await collect(server.client.readAll())).filter(({ event }) => event!.streamId === stream);
    expect(all.map(({ event }) => Number(event!.revision))).toEqual([0, 1, 2, 3]);
  });
});
