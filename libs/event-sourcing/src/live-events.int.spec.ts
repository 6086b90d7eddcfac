import { expect, it, onTestFinished } from 'vitest';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { EventStoreUnavailable } from './errors.js';
import { EventStore } from './event-store.js';
import { freshId } from './ids.js';
import { LiveEvents } from './live-events.js';
import { LogTail } from './log-tail.js';

async function append(store: EventStore, type: string): Promise<void> {
  const event = { id: freshId(), type, data: {}, metadata: { ...testContext(), schemaVersion: 1 } };
  await store.append(`spec-${freshId()}`, [event], -1);
}

it('tells what happens from its beginning on, begins again when the log is back, and ends with the signal', async () => {
  const before = await startEventStoreServer();
  await before.stop();
  const store = EventStore.connect(before.url);
  const tail = new LogTail(store);
  const stop = new AbortController();
  const told: unknown[] = [];
  const following = new LiveEvents(store, tail).follow(
    {
      wants: (type) => type !== 'other',
      begins: () => told.push('begins'),
      hears: ({ type }) => told.push(type),
      ends: (error) => told.push(error ?? 'ends'),
    },
    stop.signal,
  );
  await eventually(() => expect(told).toContainEqual(expect.any(EventStoreUnavailable)));
  expect(told).not.toContain('begins');

  const server = await startEventStoreServer({ port: before.port });
  onTestFinished(async () => {
    await tail.close();
    await store.close();
    await server.stop();
  });
  await eventually(() => expect(told.at(-1)).toBe('begins'));
  for (const type of ['wanted', 'other', 'wanted too']) await append(store, type);
  await eventually(() => expect(told.slice(-2)).toEqual(['wanted', 'wanted too']));
  stop.abort();
  await following;
  expect(told.slice(-4)).toEqual(['begins', 'wanted', 'wanted too', 'ends']);
});

it('ends with the signal while the log is away', async () => {
  const away = await startEventStoreServer();
  await away.stop();
  const store = EventStore.connect(away.url);
  const tail = new LogTail(store);
  onTestFinished(async () => {
    await tail.close();
    await store.close();
  });
  const stop = new AbortController();
  const failed = Promise.withResolvers<unknown>();
  const following = new LiveEvents(store, tail).follow(
    { wants: () => true, hears: () => undefined, ends: failed.resolve },
    stop.signal,
  );
  expect(await failed.promise).toBeInstanceOf(EventStoreUnavailable);
  stop.abort();
  await following;
});
