import { join } from 'node:path';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { OperationsClient, type ScavengeAnswer, reportOf } from './operations-client.js';
import { UsersClient, describeSecure, useSecureServer } from './secure-server.js';
import {
  collect,
  connect,
  describeOurs,
  errorOf,
  newEvents,
  newStream,
  useServerUnderTest,
} from './server-under-test.js';

async function append(client: EventStoreDBClient, stream: string, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1_000) {
    await client.appendToStream(stream, newEvents(Math.min(left, 1_000)));
  }
}

async function numbersIn(client: EventStoreDBClient, stream: string): Promise<number[]> {
  return (await collect(client.readStream(stream))).map(({ event }) => Number(event!.revision));
}

describe('scavenge', () => {
  const server = useServerUnderTest();
  let operations: OperationsClient;
  beforeAll(() => (operations = new OperationsClient(new URL(server.url).host)));
  afterAll(() => operations.close());

  it('changes nothing that a reader of a stream can see', async () => {
    const { client } = server;
    const began = await client.appendToStream(newStream(), newEvents(1));
    const [counted, cut, deleted, tombstoned, whole] = Array.from({ length: 5 }, () => newStream());
    for (const stream of [counted!, cut!, deleted!, tombstoned!, whole!]) await append(client, stream, 10);
    await client.setStreamMetadata(counted!, { maxCount: 3, other: 1 });
    await client.setStreamMetadata(counted!, { maxCount: 4, other: 2 });
    await client.setStreamMetadata(cut!, { truncateBefore: 6 });
    await client.deleteStream(deleted!);
    await client.tombstoneStream(tombstoned!);
    const { id, result } = await operations.startScavenge();
    expect(result).toBe('Started');
    expect(await reportOf(client, id)).toMatchObject({ scavengeId: id, result: 'Success' });
    expect(await numbersIn(client, counted!)).toEqual([6, 7, 8, 9]);
    expect((await client.getStreamMetadata(counted!)).metadata).toEqual({ maxCount: 4, other: 2 });
    expect(await numbersIn(client, cut!)).toEqual([6, 7, 8, 9]);
    expect(await numbersIn(client, whole!)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await errorOf(collect(client.readStream(deleted!)))).toMatchObject({ type: 'stream-not-found' });
    expect(await errorOf(collect(client.readStream(tombstoned!)))).toMatchObject({ type: 'stream-deleted' });
    // It did remove what they cannot see, and of a deleted stream all but the last event.
    const left = await collect(client.readAll({ fromPosition: began.position! }));
    const leftOf = (stream: string) =>
      left.filter(({ event }) => event!.streamId === stream).map(({ event }) => Number(event!.revision));
    expect([leftOf(counted!), leftOf(`$$${counted!}`)]).toEqual([[6, 7, 8, 9], [1]]);
    expect([leftOf(cut!), leftOf(deleted!)]).toEqual([[6, 7, 8, 9], [9]]);
    expect(leftOf(tombstoned!)).toHaveLength(1);
    expect(leftOf(whole!)).toHaveLength(10);
    const { nextExpectedRevision } = await client.appendToStream(deleted!, newEvents(1));
    expect(nextExpectedRevision).toBe(10n);
    expect(await numbersIn(client, deleted!)).toEqual([10]);
  });

  it('one runs at a time; who starts another learns of the first, and can stop it', async () => {
    const { client } = server;
    const stream = newStream();
    await append(client, stream, 8_000);
    await client.setStreamMetadata(stream, { maxCount: 1 });
    const answers = await Promise.all([operations.startScavenge(), operations.startScavenge()]);
    const { id } = answers[0];
    expect(answers).toEqual<ScavengeAnswer[]>([
      { id, result: 'Started' },
      { id, result: 'InProgress' },
    ]);
    expect(await operations.stopScavenge(id)).toEqual({ id, result: 'Stopped' });
    expect(await reportOf(client, id)).toMatchObject({ result: 'Stopped' });
    expect(await errorOf(operations.stopScavenge(id))).toMatchObject({
      code: status.NOT_FOUND,
      details: 'Scavenge id was invalid.',
    });
    const error = (await errorOf(operations.stopScavenge('nothing'))) as { metadata: { getMap(): object } };
    expect(error.metadata.getMap()).toMatchObject({ exception: 'scavenge-not-found', 'scavenge-id': 'nothing' });
  });

  it('appends, reads and subscriptions go on meanwhile', async () => {
    const { client } = server;
    const [stream, other] = [newStream(), newStream()];
    await append(client, stream, 8_000);
    const { position } = await client.appendToStream(other, newEvents(1));
    const subscription = client.subscribeToAll({ fromPosition: position! });
    const got: bigint[] = [];
    subscription.on('data', ({ event }) => event?.streamId === other && got.push(event.revision));
    await client.setStreamMetadata(stream, { maxCount: 1 });
    const { id } = await operations.startScavenge();
    const report = reportOf(client, id);
    const done = report.then(() => true);
    let appended = 1;
    for (; !(await Promise.race([done, Promise.resolve(false)])); appended += 1) {
      await client.appendToStream(other, newEvents(1), { expectedRevision: BigInt(appended - 1) });
      expect(await numbersIn(client, stream)).toEqual([7_999]);
    }
    expect(appended).toBeGreaterThan(2);
    expect((await report).eventsRemoved).toBeGreaterThanOrEqual(7_999);
    const expected = Array.from({ length: appended - 1 }, (_, index) => BigInt(index + 1));
    await eventually(() => expect(got).toEqual(expected));
    await subscription.unsubscribe();
  });

  it('$all loses what no stream shows any more, and can be read from where it was', async () => {
    const { client } = server;
    const stream = newStream();
    await append(client, stream, 5);
    const before = (await collect(client.readAll())).map(({ event }) => event!);
    const own = before.filter(({ streamId }) => streamId === stream);
    await client.setStreamMetadata(stream, { truncateBefore: 3 });
    await reportOf(client, (await operations.startScavenge()).id);
    const after = await collect(client.readAll({ fromPosition: own[1]!.position }));
    const left = after.map(({ event }) => event!).filter(({ streamId }) => streamId === stream);
    expect(left).toEqual(own.slice(3));
  });

  describeOurs('what the service offers besides', () => {
    it.each([
      { name: 'mergeIndexes', details: 'This server has no indexes to merge.' },
      { name: 'shutdown', details: 'Send the process SIGTERM to end it.' },
      { name: 'resignNode', details: 'This server is a single node.' },
      { name: 'setNodePriority', details: 'This server is a single node.' },
      { name: 'restartPersistentSubscriptions', details: 'This server has no persistent subscriptions.' },
    ] as const)('is refused in words: $name', async ({ name, details }) => {
      const asked = name === 'setNodePriority' ? operations.setNodePriority(1) : operations.ask(name);
      expect(await errorOf(asked)).toMatchObject({ code: status.UNIMPLEMENTED, details });
    });
  });
});

describeSecure('scavenge of a secure node', () => {
  const secure = useSecureServer();

  it('is for administrators and operators', async () => {
    const users = new UsersClient(secure);
    onTestFinished(() => users.close());
    const login = newStream('user');
    await users.create('admin:changeit', login, 'secret');
    const operationsAs = (caller: string | undefined): OperationsClient => {
      const client = new OperationsClient(secure.host, secure.channel, caller);
      onTestFinished(() => client.close());
      return client;
    };
    const denied = { code: status.PERMISSION_DENIED, details: 'Access Denied' };
    for (const caller of [undefined, `${login}:secret`]) {
      expect(await errorOf(operationsAs(caller).startScavenge())).toMatchObject(denied);
      expect(await errorOf(operationsAs(caller).stopScavenge('some'))).toMatchObject(denied);
    }
    const { id, result } = await operationsAs('ops:changeit').startScavenge();
    expect(result).toBe('Started');
    expect(await reportOf(secure.clientAs('ops:changeit'), id)).toMatchObject({ result: 'Success' });
  });
});

describeOurs('a scavenge that is killed', () => {
  it('leaves every stream as it reads, and is finished by the next one', async () => {
    const data = join(temporaryFolder(), 'data');
    const start = async () => {
      const server = await startEventStoreServer({ data });
      onTestFinished(() => server.stop());
      const client = connect(server.url);
      onTestFinished(() => client.dispose());
      return { server, client, operations: new OperationsClient(`127.0.0.1:${server.port}`) };
    };
    const streams = Array.from({ length: 4 }, () => newStream());
    let { server, client, operations } = await start();
    for (const stream of streams) await client.setStreamMetadata(stream, { maxCount: 2 });
    const rounds = 3;
    for (let round = 1; round <= rounds; round += 1) {
      for (const stream of streams) await append(client, stream, 1_000);
      const { id } = await operations.startScavenge();
      await eventually(async () => expect(await numbersIn(client, `$scavenges-${id}`)).toContain(0));
      await server.kill('SIGKILL');
      operations.close();
      ({ server, client, operations } = await start());
      const last = round * 1_000 - 1;
      for (const stream of streams) expect(await numbersIn(client, stream)).toEqual([last - 1, last]);
    }
    const { id } = await operations.startScavenge();
    expect(await reportOf(client, id)).toMatchObject({ result: 'Success' });
    const all = (await collect(client.readAll())).map(({ event }) => event!);
    expect(all.filter(({ streamId }) => streams.includes(streamId))).toHaveLength(2 * streams.length);
    operations.close();
  }, 60_000);
});
