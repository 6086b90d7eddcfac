import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { END } from '@eventstore/db-client';
import { expect, it, onTestFinished } from 'vitest';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { collect, connect, describeOurs, newEvents, newStream } from './server-under-test.js';

/** How often a thread of the process went to sleep and so was woken: nothing else costs time while it is idle. */
function wakeUps(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8'))
    .reduce((sum, status) => sum + Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)![1]), 0);
}

/** System calls by which the process wrote, to files or to sockets. */
function writes(pid: number): number {
  return Number(/^syscw: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))![1]);
}

async function started(data?: string): Promise<EventStoreServer> {
  const server = await startEventStoreServer(data === undefined ? {} : { data });
  onTestFinished(() => server.stop());
  return server;
}

function connected({ url }: EventStoreServer) {
  const client = connect(url);
  onTestFinished(() => client.dispose());
  return client;
}

describeOurs('the server is thrifty', () => {
  it('sleeps while nobody asks for anything, whoever is connected and subscribed', async () => {
    const server = await started(temporaryFolder());
    const stream = newStream();
    for (const client of [connected(server), connected(server), connected(server)]) {
      const arrived: unknown[] = [];
      client.subscribeToAll({ fromPosition: END }).on('data', (event) => arrived.push(event));
      client.subscribeToStream(newStream(), { fromRevision: END });
      await eventually(async () => {
        await client.appendToStream(stream, newEvents(10));
        expect(arrived.length).toBeGreaterThan(0);
      });
    }
    // Connections are kept alive every ten seconds, all at about the same time.
    const spanMs = 3_000;
    await eventually(
      async () => {
        const before = wakeUps(server.pid);
        await delay(spanMs);
        expect(wakeUps(server.pid) - before).toBe(0);
      },
      { timeoutMs: 20_000 },
    );
  });

  it('sends many events in few writes', async () => {
    const server = await started();
    const client = connected(server);
    const stream = newStream();
    const count = 5_000;
    await client.appendToStream(stream, newEvents(count));
    const before = writes(server.pid);
    expect(await collect(client.readStream(stream))).toHaveLength(count);
    expect(writes(server.pid) - before).toBeLessThan(count / 5);
  });
});
