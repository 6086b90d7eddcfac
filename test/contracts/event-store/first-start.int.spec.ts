import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { jsonEvent } from '@eventstore/db-client';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import usersGrpc from '@eventstore/db-client/generated/users_grpc_pb.js';
import usersPb from '@eventstore/db-client/generated/users_pb.js';
import { Metadata, credentials, status } from '@grpc/grpc-js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { eventStoreServerMain, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTestCertificate } from '#libs/testing/src/test-certificate.js';
import type { TestCertificate } from '#libs/testing/src/test-certificate.js';
import { startCommand } from './command-line.js';
import { identifierOf, openBatch, rawClient, uuidOf } from './raw-calls.js';
import { collect, connect, describeOurs, errorOf, newEvents, newStream } from './server-under-test.js';

describeOurs('a secure node of ours', () => {
  let certificate: TestCertificate;
  let data: string;
  beforeAll(async () => {
    certificate = await makeTestCertificate();
    data = await mkdtemp(join(tmpdir(), 'eventstore-test-'));
  });
  afterAll(async () => {
    await certificate.remove();
    await rm(data, { recursive: true });
  });

  const typesInAll = async (url: string): Promise<string[]> => {
    const client = connect(url);
    try {
      return (await collect(client.readAll())).map(({ event }) => `${event!.streamId} ${event!.type}`);
    } finally {
      await client.dispose();
    }
  };

  it('has its users in the log after the first start, and not once more after the second', async () => {
    const folder = join(data, 'default');
    const expected = [
      '$user-admin $UserCreated',
      '$$$user-admin $metadata',
      '$users $User',
      '$user-ops $UserCreated',
      '$$$user-ops $metadata',
      '$users $User',
      '$$$scavenges $metadata',
    ];
    for (let start = 1; start <= 2; start++) {
      const server = await startEventStoreServer({ certificate, data: folder });
      expect(await typesInAll(server.url)).toEqual(expected);
      await server.stop();
    }
  });

  it('without TLS has no users, and needs none', async () => {
    const server = await startEventStoreServer();
    expect(await typesInAll(server.url)).toEqual([]);
    expect(await typesInAll(server.url.replace('esdb://', 'esdb://nobody:wrong@'))).toEqual([]);
    const client = new usersGrpc.UsersClient(`127.0.0.1:${server.port}`, credentials.createInsecure());
    const refusal = await errorOf(
      new Promise((resolve, reject) => {
        client.enable(new usersPb.EnableReq(), (error, response) =>
          error === null ? resolve(response) : reject(error),
        );
      }),
    );
    client.close();
    expect(refusal).toMatchObject({
      code: status.UNIMPLEMENTED,
      details: 'This server has no users, because it runs without TLS: start it with --tls-cert and --tls-key.',
    });
    await server.stop();
  });

  it('without TLS heeds neither what says who calls nor what says who may', async () => {
    const server = await startEventStoreServer();
    const client = connect(server.url);
    const closed = newStream();
    await client.appendToStream(`$$${closed}`, [
      jsonEvent({ type: '$metadata', data: { $acl: { $r: [], $w: [], $d: [], $mr: [], $mw: [] } } }),
    ]);
    const raw = rawClient(server.url);
    const header = new Metadata();
    header.set('authorization', 'Basic nonsense');
    const batch = openBatch(raw, header);
    const options = new streams.BatchAppendReq.Options()
      .setStreamIdentifier(identifierOf(closed))
      .setAny(new emptyPb.Empty());
    batch.send(
      new streams.BatchAppendReq().setCorrelationId(uuidOf(randomUUID())).setOptions(options).setIsFinal(true),
    );
    await eventually(() => expect(batch.responses.map((response) => response.hasSuccess())).toEqual([true]));
    batch.cancel();
    raw.close();
    await client.appendToStream(closed, newEvents(1));
    expect(await collect(client.readStream(closed))).toHaveLength(1);
    expect((await client.getStreamMetadata(closed)).metadata).toMatchObject({ acl: {} });
    await client.deleteStream(closed);
    await client.dispose();
    await server.stop();
  });

  it('says that it does not heed a password where it speaks no TLS', async () => {
    vi.stubEnv('EVENTSTORE_ADMIN_PASSWORD', 'secret');
    onTestFinished(() => void vi.unstubAllEnvs());
    const server = startCommand(['--in-memory', '--port', '0', '--exit-with-parent']);
    await once(server.stdout, 'data');
    server.stdin.end();
    expect(await text(server.stderr)).toBe(
      'EVENTSTORE_ADMIN_PASSWORD is not heeded: without TLS there are no users, and everybody may do everything.\n',
    );
  });

  /** What it says on standard error until it is ready, or why it ended before. */
  const startWith = async (folder: string, environment: Record<string, string>) => {
    const { certFile, keyFile } = certificate;
    const args = ['--data', folder, '--port', '0', '--tls-cert', certFile, '--tls-key', keyFile, '--exit-with-parent'];
    const child = spawn(process.execPath, [eventStoreServerMain, ...args], { env: { ...process.env, ...environment } });
    let notes = '';
    child.stderr.on('data', (chunk: Buffer) => (notes += chunk.toString()));
    const [ready] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as [Buffer | number];
    const exited = child.exitCode === null ? once(child, 'exit') : Promise.resolve([child.exitCode]);
    return {
      url: Buffer.isBuffer(ready)
        ? `127.0.0.1:${(JSON.parse(ready.toString()) as { port: number }).port}?tlsCAFile=${encodeURIComponent(certificate.caFile)}`
        : '',
      stop: async (): Promise<{ code: number | null; notes: string[] }> => {
        child.stdin.end();
        const [code] = (await exited) as [number | null];
        return { code, notes: notes.trim().split('\n') };
      },
    };
  };

  it('takes the first passwords from the environment at the first start alone, and says so', async () => {
    const folder = join(data, 'environment');
    const first = await startWith(folder, { EVENTSTORE_ADMIN_PASSWORD: 'first' });
    expect(await typesInAll(`esdb://admin:first@${first.url}`)).toHaveLength(7);
    expect(await errorOf(typesInAll(`esdb://admin:changeit@${first.url}`))).toMatchObject({
      code: status.UNAUTHENTICATED,
    });
    expect(await first.stop()).toEqual({
      code: 0,
      notes: [
        'The user ops has the password changeit, which everybody knows: change it. Of a new log EVENTSTORE_OPS_PASSWORD sets it, at its first start with TLS.',
      ],
    });

    const second = await startWith(folder, { EVENTSTORE_ADMIN_PASSWORD: 'second' });
    expect(await typesInAll(`esdb://admin:first@${second.url}`)).toHaveLength(7);
    expect(await second.stop()).toEqual({
      code: 0,
      notes: ['EVENTSTORE_ADMIN_PASSWORD is not heeded: the user admin exists, and keeps the password it has.'],
    });
    const files = await readFile(join(folder, 'data.mdb'));
    expect(files.includes('first')).toBe(false);
  });

  it('refuses an empty password', async () => {
    const server = await startWith(join(data, 'empty'), { EVENTSTORE_OPS_PASSWORD: '' });
    expect(await server.stop()).toEqual({
      code: 1,
      notes: ['EVENTSTORE_OPS_PASSWORD is empty: give it a password, or do not set it.'],
    });
  });
});
