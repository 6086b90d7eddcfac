import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { EventStore } from './event-store.js';
import { freshId } from './ids.js';
import type { LogCursor } from './log-cursor.js';
import { LogTail } from './log-tail.js';

let server: EventStoreServer;
let store: EventStore;
let tail: LogTail;
const never = new AbortController().signal;

beforeAll(async () => {
  server = await startEventStoreServer();
  store = EventStore.connect(server.url);
});

afterEach(() => tail.close());

afterAll(async () => {
  await store.close();
  await server.stop();
});

async function append(type: string, count: number): Promise<bigint> {
  const events = Array.from({ length: count }, () => ({
    id: freshId(),
    type,
    data: {},
    metadata: { ...testContext(), schemaVersion: 1 },
  }));
  return (await store.append(`spec-${freshId()}`, events, -1)).position;
}

async function takeUntil(cursor: LogCursor, position: bigint): Promise<string[]> {
  const types: string[] = [];
  while (cursor.position < position) {
    const batch = await cursor.take(500, never);
    if (!batch) break;
    types.push(...batch.events.map((event) => event.type));
    cursor.advance(batch.position);
  }
  return types;
}

describe('the tail of the log', () => {
  it('gives every reader each of its events once, in order, from where it stands', async () => {
    const start = await append('before', 1);
    tail = new LogTail(store);
    const all = tail.open(start, () => true);
    const some = tail.open(start, (type) => type === 'b');
    await append('a', 3);
    const end = await append('b', 2);

    expect(await takeUntil(all, end)).toEqual(['a', 'a', 'a', 'b', 'b']);
    expect(await takeUntil(some, end)).toEqual(['b', 'b']);
  });

  it('lets a reader that fell out of its window come back without loss', async () => {
    const start = await append('before', 1);
    tail = new LogTail(store);
    const slow = tail.open(start, () => true);
    const quick = tail.open(start, () => true);
    let end = start;
    for (let block = 0; block < 11; block++) end = await append('many', 500);

    expect(await takeUntil(quick, end)).toHaveLength(5_500);
    expect(await takeUntil(slow, end)).toHaveLength(5_500);
    const more = await append('more', 1);
    expect(await takeUntil(slow, more)).toEqual(['more']);
  });

  it('resumes from the last event after the store was away', async () => {
    const data = temporaryFolder();
    const other = await startEventStoreServer({ data });
    const client = EventStore.connect(other.url);
    tail = new LogTail(client);
    const cursor = tail.open(-1n, () => true);
    const event = { type: 'x', data: {}, metadata: { ...testContext(), schemaVersion: 1 } };
    const first = await client.append('spec-1', [{ id: freshId(), ...event }], -1);
    expect(await takeUntil(cursor, first.position)).toEqual(['x']);

    await other.kill('SIGKILL');
    await eventually(() => expect(tail.trouble).toBeDefined());
    const back = await startEventStoreServer({ data, port: other.port });
    const second = await eventually(() => client.append('spec-1', [{ id: freshId(), ...event }], 0));
    expect(await takeUntil(cursor, second.position)).toEqual(['x']);
    expect(tail.trouble).toBeUndefined();
    await tail.close();
    await client.close();
    await back.stop();
  });

  it('lets events gather behind a reader that rests, until somebody hurries it', async () => {
    const start = await append('before', 1);
    tail = new LogTail(store);
    const cursor = tail.open(start, () => true, 3_600_000);
    expect(await takeUntil(cursor, await append('first', 1))).toEqual(['first']);
    const gathered = cursor.take(500, never);
    await append('a', 1);
    const end = await append('b', 1);
    const other = tail.open(cursor.position, () => true);
    expect(await takeUntil(other, end)).toEqual(['a', 'b']);

    cursor.hurry(end);
    expect((await gathered)?.events.map(({ type }) => type)).toEqual(['a', 'b']);
  });

  it('answers a reader that is told to stop', async () => {
    tail = new LogTail(store);
    const cursor = tail.open(await store.head(), () => true);
    const stop = new AbortController();
    const waiting = cursor.take(10, stop.signal);
    stop.abort();
    expect(await waiting).toBeUndefined();
  });
});
