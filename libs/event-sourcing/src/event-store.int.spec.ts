import { once } from 'node:events';
import { constants, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import grpcServices from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { Server, ServerCredentials, type ServerWritableStream, status } from '@grpc/grpc-js';
import { expect, it, onTestFinished } from 'vitest';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { EventStoreNotAsked, EventStoreUnavailable } from './errors.js';
import { EventStore, LostRace } from './event-store.js';
import { freshId } from './ids.js';

it('gives up on a server that hangs: what it was asked fails instead of waiting for ever', async () => {
  const server = await startEventStoreServer();
  const store = EventStore.connect(server.url);
  onTestFinished(() => server.stop());
  onTestFinished(() => store.close());
  const event = { type: 'x', data: {}, metadata: { ...testContext(), schemaVersion: 1 } };
  await store.append('spec-1', [{ id: freshId(), ...event }], -1);

  process.kill(server.pid, 'SIGSTOP');
  onTestFinished(() => void process.kill(server.pid, 'SIGCONT'));
  const asked = [
    store.append('spec-2', [{ id: freshId(), ...event }], -1),
    store.readStream('spec-1').next(),
    store.readLog(undefined, 1),
    store.head(),
  ];
  for (const answer of await Promise.allSettled(asked)) {
    expect(answer.status === 'rejected' && answer.reason).toBeInstanceOf(EventStoreUnavailable);
  }

  process.kill(server.pid, 'SIGCONT');
  expect((await store.readLog(undefined, 1)).length).toBe(1);
}, 60_000);

it('fails every append that is on its way when the connection drops, and appends again when the store is back', async () => {
  const data = temporaryFolder();
  const server = await startEventStoreServer({ data });
  const store = EventStore.connect(server.url);
  onTestFinished(() => store.close());
  const event = { type: 'x', data: { text: 'x'.repeat(10_000) }, metadata: { ...testContext(), schemaVersion: 1 } };
  const append = (stream: string) => store.append(stream, [{ id: freshId(), ...event }], -1);
  await append('spec-before');

  process.kill(server.pid, 'SIGSTOP');
  // More than the sockets hold: most of them never leave this process.
  const asked = Array.from({ length: 1_000 }, (_, index) => append(`spec-${index}`));
  // One more would only wait in memory.
  await expect(append('spec-more')).rejects.toThrow(EventStoreNotAsked);
  await server.kill('SIGKILL');
  for (const answer of await Promise.allSettled(asked)) {
    expect(answer.status === 'rejected' && answer.reason).toBeInstanceOf(EventStoreUnavailable);
  }

  const back = await startEventStoreServer({ data, port: server.port });
  onTestFinished(() => back.stop());
  await eventually(() => append('spec-after'));
}, 60_000);

it('takes a connection that breaks for a store that is away', async () => {
  const server = createServer();
  server.on('stream', (stream) => {
    stream.on('error', () => stream.close());
    stream.session?.on('error', () => stream.session?.destroy());
    stream.session?.goaway(constants.NGHTTP2_INTERNAL_ERROR);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const store = EventStore.connect(`esdb://127.0.0.1:${(server.address() as AddressInfo).port}?tls=false`);
  onTestFinished(async () => {
    await store.close();
    server.close();
  });
  const event = { id: freshId(), type: 'x', data: {}, metadata: { ...testContext(), schemaVersion: 1 } };
  const asked = [store.append('spec-1', [event], -1), store.readStream('spec-1').next(), store.head()];
  for (const answer of await Promise.allSettled(asked)) {
    expect(answer.status === 'rejected' && answer.reason).toBeInstanceOf(EventStoreUnavailable);
  }
});

it('tells a lost race from what the store refuses', async () => {
  const server = await startEventStoreServer();
  const store = EventStore.connect(server.url);
  onTestFinished(() => server.stop());
  onTestFinished(() => store.close());
  const event = { type: 'x', data: {}, metadata: { ...testContext(), schemaVersion: 1 } };
  const { position } = await store.append('spec-1', [{ id: freshId(), ...event }], -1);

  await expect(store.append('spec-1', [{ id: freshId(), ...event }], -1)).rejects.toThrow(LostRace);
  const tooBig = { ...event, data: { text: 'x'.repeat(2_000_000) } };
  await expect(store.append('spec-1', [{ id: freshId(), ...tooBig }], 0)).rejects.toThrow(
    'The event store refused the append to spec-1: event_store.client.MaximumAppendSizeExceeded.',
  );
  const next = await store.append('spec-1', [{ id: freshId(), ...event }], 0);
  expect(next.revision).toBe(1);
  expect(next.position).toBeGreaterThan(position);
});

it.each([
  ['Unexpected ReadAllResult: Error', 'nothing begins at the position', 'nothing'],
  ['Unexpected ReadAllResult: InvalidPosition', 'nothing begins at the position, in newer stores', 'nothing'],
  ['No leader info available in response', 'it can not say', 'failed: No leader info available in response'],
  ['Exception was thrown by handler.', 'it can not say', 'failed: Exception was thrown by handler.'],
])('takes the answer UNKNOWN "%s" for what it is: %s', async (details, _meaning, outcome) => {
  const server = new Server();
  server.addService(grpcServices.StreamsService, {
    read: (call: ServerWritableStream<unknown, unknown>) => call.emit('error', { code: status.UNKNOWN, details }),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const store = EventStore.connect(`esdb://127.0.0.1:${port}?tls=false`);
  onTestFinished(() => server.forceShutdown());
  onTestFinished(() => store.close());
  const answer = await store.eventIdAt(7n).then(
    (id) => id ?? 'nothing',
    (error: Error & { readonly details?: string }) =>
      `failed: ${error.details ?? error.message.replace(/^2 UNKNOWN: /, '')}`,
  );
  expect(answer).toBe(outcome);
});
