import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StreamDeletedError, StreamNotFoundError } from '@eventstore/db-client';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import type { EventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { collect, connect, describeOurs, errorOf, newEvent, newEvents, newStream } from './server-under-test.js';

describeOurs('on disk', () => {
  let data: string;
  let running: EventStoreServer | undefined;
  const clients: EventStoreDBClient[] = [];

  const start = async () => {
    running = await startEventStoreServer({ data });
    const client = connect(running.url);
    clients.push(client);
    return { server: running, client };
  };
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'eventstore-test-'));
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.dispose()));
    await running?.stop();
    await rm(data, { recursive: true });
  });

  it('carries on where it left off', async () => {
    const stream = newStream();
    const first = await start();
    const before = await first.client.appendToStream(stream, newEvents(3));
    await first.server.stop();
    const second = await start();
    const after = await second.client.appendToStream(stream, newEvents(1), { expectedRevision: 2n });
    expect(after.nextExpectedRevision).toBe(3n);
    expect(after.position!.commit).toBeGreaterThan(before.position!.commit);
    const events = await collect(second.client.readAll());
    expect(events.map(({ event }) => event!.revision)).toEqual([0n, 1n, 2n, 3n]);
    expect(events[2]!.event!.position).toEqual(before.position);
  });

  it('recognises a repeat by its revision after a restart', async () => {
    const stream = newStream();
    const events = newEvents(2);
    const first = await start();
    const before = await first.client.appendToStream(stream, events, { expectedRevision: 'no_stream' });
    await first.server.kill('SIGKILL');
    const second = await start();
    expect(await second.client.appendToStream(stream, events, { expectedRevision: 'no_stream' })).toEqual(before);
  });

  it('knows after a restart what was deleted, for a while or for ever', async () => {
    const [deleted, tombstoned] = [newStream(), newStream()];
    const first = await start();
    await first.client.appendToStream(deleted, newEvents(2));
    await first.client.deleteStream(deleted);
    await first.client.tombstoneStream(tombstoned);
    await first.server.kill('SIGKILL');
    const { client } = await start();
    expect(await errorOf(collect(client.readStream(deleted)))).toBeInstanceOf(StreamNotFoundError);
    expect(await errorOf(client.appendToStream(tombstoned, newEvents(1)))).toBeInstanceOf(StreamDeletedError);
    await client.appendToStream(deleted, newEvents(1));
    expect((await collect(client.readStream(deleted))).map(({ event }) => event!.revision)).toEqual([2n]);
  });

  it('keeps every acknowledged event, in order, through kill -9 under load', async () => {
    const acknowledged = new Map<string, { stream: string; revision: bigint; commit: bigint }>();
    const streams = Array.from({ length: 5 }, () => newStream());
    for (let round = 0; round < 5; round += 1) {
      const { server, client } = await start();
      const before = acknowledged.size;
      const load = new AbortController();
      const write = async (stream: string): Promise<void> => {
        while (!load.signal.aborted) {
          const event = newEvent({ round });
          const { nextExpectedRevision: revision, position } = await client.appendToStream(stream, event);
          acknowledged.set(event.id, { stream, revision, commit: position!.commit });
        }
      };
      const writing = Promise.allSettled([...streams, ...streams, ...streams].map(write));
      await eventually(() => expect(acknowledged.size).toBeGreaterThan(before + 100 + 50 * round));
      load.abort();
      await server.kill('SIGKILL');
      await client.dispose();
      await writing;
    }
    const { client } = await start();
    const stored = (await collect(client.readAll())).map(({ event }) => event!);
    const byId = new Map(stored.map((event) => [event.id, event]));
    for (const [id, { stream, revision, commit }] of acknowledged) {
      expect(byId.get(id)).toMatchObject({ streamId: stream, revision, position: { commit } });
    }
    const commits = stored.map(({ position }) => position.commit);
    expect(commits).toEqual(commits.toSorted((a, b) => Number(a - b)));
    for (const stream of streams) {
      const revisions = stored.filter(({ streamId }) => streamId === stream).map(({ revision }) => revision);
      expect(revisions).toEqual(revisions.map((_, index) => BigInt(index)));
      expect((await collect(client.readStream(stream))).map(({ event }) => event!.revision)).toEqual(revisions);
    }
  }, 60_000);

  it('stores an append whole or not at all when it is killed in the middle', async () => {
    const stream = newStream();
    const batch = 200;
    const { server, client } = await start();
    let done = 0;
    const load = new AbortController();
    const write = async (): Promise<void> => {
      while (!load.signal.aborted) {
        await client.appendToStream(stream, newEvents(batch));
        done += 1;
      }
    };
    const writing = Promise.allSettled([write(), write(), write(), write()]);
    await eventually(() => expect(done).toBeGreaterThan(10));
    load.abort();
    await server.kill('SIGKILL');
    await client.dispose();
    await writing;
    const again = await start();
    const stored = await collect(again.client.readStream(stream));
    expect(stored.length % batch).toBe(0);
    expect(stored.length).toBeGreaterThanOrEqual(done * batch);
  }, 60_000);

  it('a subscriber resumes from its last position on the next server', async () => {
    const stream = newStream();
    const first = await start();
    const { position } = await first.client.appendToStream(stream, newEvents(2));
    await first.client.appendToStream(stream, newEvents(2));
    await first.server.kill('SIGKILL');
    const second = await start();
    const revisions: bigint[] = [];
    const subscription = second.client.subscribeToAll({ fromPosition: position! });
    subscription.on('data', ({ event }) => revisions.push(event!.revision));
    await second.client.appendToStream(stream, newEvents(1));
    await eventually(() => expect(revisions).toEqual([2n, 3n, 4n]));
    await subscription.unsubscribe();
  });
});
