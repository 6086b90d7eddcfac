import { describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { revisionsIn, useFollowers } from './following.js';
import { describeOurs, newEvent, newEvents, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();
const follow = useFollowers();

const append = (stream: string, count: number) => server.client.appendToStream(stream, newEvents(count));

describe('a subscription to a stream', () => {
  it('from the start: history, then caught up once, then live', async () => {
    const stream = newStream();
    await append(stream, 3);
    const { arrived } = follow(server.client.subscribeToStream(stream), [stream]);
    await eventually(() => expect(arrived).toEqual(['confirmation', 0n, 1n, 2n, 'caughtUp']));
    await append(stream, 1);
    await append(stream, 1);
    await eventually(() => expect(arrived).toEqual(['confirmation', 0n, 1n, 2n, 'caughtUp', 3n, 4n]));
  });

  it('from a revision: begins after it', async () => {
    const stream = newStream();
    await append(stream, 4);
    const { arrived } = follow(server.client.subscribeToStream(stream, { fromRevision: 2n }), [stream]);
    await eventually(() => expect(arrived).toEqual(['confirmation', 3n, 'caughtUp']));
  });

  it('from the end: only what comes', async () => {
    const stream = newStream();
    await append(stream, 4);
    const { arrived } = follow(server.client.subscribeToStream(stream, { fromRevision: 'end' }), [stream]);
    await eventually(() => expect(arrived).toContain('caughtUp'));
    await append(stream, 1);
    await eventually(() => expect(arrived).toEqual(['confirmation', 'caughtUp', 4n]));
  });

  it('from a revision beyond the end: nothing before it', async () => {
    const stream = newStream();
    await append(stream, 1);
    const { arrived } = follow(server.client.subscribeToStream(stream, { fromRevision: 2n }), [stream]);
    await eventually(() => expect(arrived).toContain('confirmation'));
    await append(stream, 4);
    await eventually(() => expect(arrived.filter((what) => typeof what === 'bigint')).toEqual([3n, 4n]));
  });

  it('to a stream that is missing: waits for it', async () => {
    const stream = newStream();
    const { arrived } = follow(server.client.subscribeToStream(stream), [stream]);
    await eventually(() => expect(arrived).toEqual(['confirmation']));
    await append(newStream(), 1);
    await append(stream, 2);
    await eventually(() => expect(arrived).toEqual(['confirmation', 0n, 1n, 'caughtUp']));
  });
});

describe('a subscription to $all', () => {
  it('from the start: history, then caught up once, then live', async () => {
    const stream = newStream();
    await append(stream, 3);
    const { arrived } = follow(server.client.subscribeToAll(), [stream]);
    await eventually(() => expect(arrived).toEqual(['confirmation', 0n, 1n, 2n, 'caughtUp']));
    await append(stream, 1);
    await eventually(() => expect(arrived).toEqual(['confirmation', 0n, 1n, 2n, 'caughtUp', 3n]));
  });

  it('from a position: begins after it', async () => {
    const stream = newStream();
    const { position } = await append(stream, 2);
    await append(stream, 1);
    const { arrived } = follow(server.client.subscribeToAll({ fromPosition: position! }), [stream]);
    await eventually(() => expect(arrived).toEqual(['confirmation', 2n, 'caughtUp']));
  });

  it('from 0/0: everything', async () => {
    const stream = newStream();
    await append(stream, 2);
    const fromPosition = { commit: 0n, prepare: 0n };
    const { arrived } = follow(server.client.subscribeToAll({ fromPosition }), [stream]);
    await eventually(() => expect(arrived).toEqual(['confirmation', 0n, 1n, 'caughtUp']));
  });

  it('from the end: only what comes', async () => {
    const stream = newStream();
    await append(stream, 2);
    const { arrived } = follow(server.client.subscribeToAll({ fromPosition: 'end' }), [stream]);
    await eventually(() => expect(arrived).toContain('caughtUp'));
    await append(stream, 1);
    await eventually(() => expect(arrived).toEqual(['confirmation', 'caughtUp', 2n]));
  });
});

// A real server skips one event.
describeOurs('a subscription to $all from a place between two events', () => {
  it('begins with the next one', async () => {
    const stream = newStream();
    const { position } = await append(stream, 1);
    await append(stream, 2);
    const between = { commit: position!.commit + 1n, prepare: position!.commit + 1n };
    const { arrived } = follow(server.client.subscribeToAll({ fromPosition: between }), [stream]);
    await eventually(() => expect(arrived).toEqual(['confirmation', 1n, 2n, 'caughtUp']));
  });
});

describe('between history and live', () => {
  it('nothing is lost, repeated or out of order while others write', async () => {
    const stream = newStream();
    const written = newEvents(2_000);
    const writing = Promise.all(written.map((event) => server.client.appendToStream(stream, event)));
    const followers = [
      follow(server.client.subscribeToStream(stream), [stream]),
      follow(server.client.subscribeToAll(), [stream]),
    ];
    await writing;
    const late = follow(server.client.subscribeToAll(), [stream]);
    const expected = written.map((_, index) => BigInt(index));
    for (const followed of [...followers, late]) {
      await eventually(() => expect(revisionsIn(followed)).toHaveLength(2_000), { timeoutMs: 30_000 });
      expect(revisionsIn(followed)).toEqual(expected);
      expect(followed.arrived.filter((what) => what === 'confirmation')).toHaveLength(1);
    }
  }, 60_000);

  it('a reader that pauses holds nobody up and misses nothing', async () => {
    const stream = newStream();
    const slow = server.client.subscribeToStream(stream);
    const followed = follow(slow, [stream]);
    await eventually(() => expect(followed.arrived).toEqual(['confirmation']));
    slow.pause();
    const big = Array.from({ length: 1_500 }, (_, index) => newEvent({ index, pad: 'x'.repeat(8_000) }));
    for (let from = 0; from < big.length; from += 100)
      await server.client.appendToStream(stream, big.slice(from, from + 100));
    const quick = follow(server.client.subscribeToStream(stream), [stream]);
    await eventually(() => expect(quick.ids).toHaveLength(1_500), { timeoutMs: 30_000 });
    expect(followed.arrived.length).toBeLessThan(1_500);
    slow.resume();
    await eventually(() => expect(new Set(quick.ids).size).toBe(1_500));
    await eventually(() => expect(revisionsIn(followed)).toHaveLength(1_500), { timeoutMs: 30_000 });
  }, 90_000);

  it('a hundred subscribers see the same', async () => {
    const stream = newStream();
    const followers = Array.from({ length: 100 }, () => follow(server.client.subscribeToStream(stream), [stream]));
    await append(stream, 5);
    for (const { arrived } of followers)
      await eventually(() => expect(arrived.slice(0, 6)).toEqual(['confirmation', 0n, 1n, 2n, 3n, 4n]));
  }, 30_000);
});
