import { StreamDeletedError } from '@eventstore/db-client';
import { describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { revisionsIn, useFollowers } from './following.js';
import { newEvents, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();
const follow = useFollowers();
const tombstone = 2n ** 63n - 1n;

const append = (stream: string, count: number) => server.client.appendToStream(stream, newEvents(count));

async function streamOf(count: number): Promise<string> {
  const stream = newStream();
  await append(stream, count);
  return stream;
}

type From = 'start' | 'end' | bigint;
const subscribe = (stream: string, fromRevision: From = 'start') =>
  follow(server.client.subscribeToStream(stream, { fromRevision }), [stream]);

describe('a subscription to a tombstoned stream', () => {
  it.each<From>(['start', 0n])('ends at once without confirmation, from %s', async (from) => {
    const stream = await streamOf(2);
    await server.client.tombstoneStream(stream);
    const followed = subscribe(stream, from);
    await eventually(() => expect(followed.error).toBeInstanceOf(StreamDeletedError));
    expect(followed.error).toMatchObject({ streamName: stream });
    expect(followed.arrived).toEqual([]);
  });

  it('from the end is confirmed, and silent', async () => {
    const stream = await streamOf(2);
    await server.client.tombstoneStream(stream);
    const followed = subscribe(stream, 'end');
    const other = await streamOf(1);
    const witness = subscribe(other);
    await eventually(() => expect(witness.arrived).toContain('caughtUp'));
    await eventually(() => expect(followed.arrived).toContain('confirmation'));
    expect(revisionsIn(followed)).toEqual([]);
    expect(followed.error).toBeUndefined();
  });
});

describe('a tombstone while somebody is subscribed', () => {
  it.each<From>(['start', 1n, 'end'])('is the last event, then the subscription ends, from %s', async (from) => {
    const stream = await streamOf(2);
    const followed = subscribe(stream, from);
    await eventually(() => expect(followed.arrived).toContain('caughtUp'));
    await append(stream, 1);
    await server.client.tombstoneStream(stream);
    await eventually(() => expect(followed.error).toBeInstanceOf(StreamDeletedError));
    expect(followed.arrived.slice(-2)).toEqual([2n, tombstone]);
  });

  it('ends one that waits for the stream, without an event', async () => {
    const stream = newStream();
    const followed = subscribe(stream);
    await eventually(() => expect(followed.arrived).toEqual(['confirmation']));
    await server.client.tombstoneStream(stream);
    await eventually(() => expect(followed.error).toBeInstanceOf(StreamDeletedError));
    expect(revisionsIn(followed)).toEqual([]);
  });

  it('is an event among others for one to $all, which goes on', async () => {
    const stream = await streamOf(1);
    const next = newStream();
    const followed = follow(server.client.subscribeToAll(), [stream, next]);
    await eventually(() => expect(followed.arrived).toContain('caughtUp'));
    await server.client.tombstoneStream(stream);
    await append(next, 1);
    await eventually(() => expect(revisionsIn(followed)).toEqual([0n, tombstone, 0n]));
    expect(followed.error).toBeUndefined();
  });
});

describe('a soft delete', () => {
  it('is not told to subscribers, who get what comes after it', async () => {
    const stream = await streamOf(2);
    const followed = subscribe(stream);
    await eventually(() => expect(followed.arrived).toEqual(['confirmation', 0n, 1n, 'caughtUp']));
    await server.client.deleteStream(stream);
    await append(stream, 2);
    await eventually(() => expect(followed.arrived).toEqual(['confirmation', 0n, 1n, 'caughtUp', 2n, 3n]));
  });

  it('makes a stream that new subscribers wait for', async () => {
    const stream = await streamOf(2);
    await server.client.deleteStream(stream);
    const followed = subscribe(stream);
    await eventually(() => expect(followed.arrived).toEqual(['confirmation']));
    await append(stream, 2);
    await eventually(() => expect(followed.arrived).toEqual(['confirmation', 2n, 3n, 'caughtUp']));
  });

  it('ends with metadata alone: then there is nothing to catch up with', async () => {
    const stream = await streamOf(2);
    await server.client.deleteStream(stream);
    const followed = subscribe(stream);
    await eventually(() => expect(followed.arrived).toEqual(['confirmation']));
    await server.client.setStreamMetadata(stream, { owner: 'tests' });
    await eventually(() => expect(followed.arrived).toEqual(['confirmation', 'caughtUp']));
    await append(stream, 1);
    await eventually(() => expect(followed.arrived).toEqual(['confirmation', 'caughtUp', 2n]));
  });
});

describe('limits of a stream', () => {
  it('hold for the history that a subscriber gets', async () => {
    const stream = await streamOf(6);
    await server.client.setStreamMetadata(stream, { maxCount: 2 });
    const followed = subscribe(stream);
    await eventually(() => expect(followed.arrived).toEqual(['confirmation', 4n, 5n, 'caughtUp']));
  });

  it('hide nothing from a subscriber who is live', async () => {
    const stream = await streamOf(1);
    await server.client.setStreamMetadata(stream, { maxCount: 1 });
    const followed = subscribe(stream);
    await eventually(() => expect(followed.arrived).toEqual(['confirmation', 0n, 'caughtUp']));
    await append(stream, 4);
    await eventually(() => expect(revisionsIn(followed)).toEqual([0n, 1n, 2n, 3n, 4n]));
  });

  it('leave an empty history: caught up at once', async () => {
    const stream = await streamOf(3);
    await server.client.setStreamMetadata(stream, { truncateBefore: 3 });
    const followed = subscribe(stream);
    await eventually(() => expect(followed.arrived).toEqual(['confirmation', 'caughtUp']));
  });
});

describe('a subscription from a revision beyond the end', () => {
  it('is caught up at once, and silent up to that revision', async () => {
    const stream = await streamOf(2);
    const followed = subscribe(stream, 3n);
    await eventually(() => expect(followed.arrived).toEqual(['confirmation', 'caughtUp']));
    for (let round = 0; round < 3; round += 1) await append(stream, 1);
    await eventually(() => expect(followed.arrived).toEqual(['confirmation', 'caughtUp', 4n]));
  });

  it('of a stream that is missing waits for it', async () => {
    const stream = newStream();
    const followed = subscribe(stream, 1n);
    await eventually(() => expect(followed.arrived).toEqual(['confirmation']));
    await append(stream, 4);
    await eventually(() => expect(followed.arrived).toEqual(['confirmation', 2n, 3n, 'caughtUp']));
  });
});
