import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { AccessDeniedError, ANY } from '@eventstore/db-client';
import type { AllStreamSubscription, Credentials, EventStoreDBClient, StreamSubscription } from '@eventstore/db-client';
import features from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import gossip from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import monitoring from '@eventstore/db-client/generated/monitoring_grpc_pb.js';
import { StatsReq } from '@eventstore/db-client/generated/monitoring_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { Metadata, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { beforeAll, expect, it } from 'vitest';
import { appendMessage, appendOptions, uuidOf } from './raw-calls.js';
import { callAs, describeSecure, useSecureServer } from './secure-server.js';
import { collect, errorOf, newEvent, newEvents, newStream } from './server-under-test.js';

const secure = useSecureServer();
const admin: Credentials = { username: 'admin', password: 'changeit' };

async function firstOf(subscription: StreamSubscription | AllStreamSubscription): Promise<unknown> {
  const [event] = (await once(subscription, 'data')) as [unknown];
  await subscription.unsubscribe();
  return event;
}

async function existing(): Promise<string> {
  const stream = newStream();
  await secure.admin.appendToStream(stream, newEvents(1));
  return stream;
}

/** Everything that the client does with streams, each once. */
const calls: readonly {
  readonly name: string;
  readonly call: (client: EventStoreDBClient, as: { credentials?: Credentials }) => Promise<unknown>;
}[] = [
  {
    name: 'append',
    call: (client, as) => client.appendToStream(newStream(), newEvents(1), as),
  },
  {
    name: 'readStream',
    call: (client, as) => collect(client.readStream('callers', as)),
  },
  {
    name: 'readAll',
    call: (client, as) => collect(client.readAll({ maxCount: 1, ...as })),
  },
  {
    name: 'subscribeToStream',
    call: (client, as) => firstOf(client.subscribeToStream('callers', as)),
  },
  {
    name: 'subscribeToAll',
    call: (client, as) => firstOf(client.subscribeToAll(as)),
  },
  {
    name: 'setStreamMetadata',
    call: (client, as) => client.setStreamMetadata(newStream(), { maxCount: 5 }, { expectedRevision: ANY, ...as }),
  },
  {
    name: 'deleteStream',
    call: async (client, as) => client.deleteStream(await existing(), as),
  },
  {
    name: 'tombstoneStream',
    call: async (client, as) => client.tombstoneStream(await existing(), as),
  },
  {
    name: 'getStreamMetadata',
    call: (client, as) => client.getStreamMetadata('callers', as),
  },
];

describeSecure('a node that asks who calls', () => {
  beforeAll(async () => {
    await secure.admin.appendToStream('callers', newEvent());
  });

  it.each(calls)('takes the credentials of the connection: $name', async ({ call }) => {
    expect(await call(secure.admin, {})).toBeDefined();
  });

  it.each(calls)('takes the credentials of a call: $name', async ({ call }) => {
    expect(await call(secure.clientAs(), { credentials: admin })).toBeDefined();
  });

  it.each(calls)('prefers the credentials of a call: $name', async ({ call }) => {
    expect(await call(secure.clientAs('admin:wrong'), { credentials: admin })).toBeDefined();
  });

  it.each(calls)('refuses wrong credentials of the connection: $name', async ({ call }) => {
    const error = await errorOf(call(secure.clientAs('admin:wrong'), {}));
    expect(error).toBeInstanceOf(AccessDeniedError);
    expect(error).toMatchObject({ code: status.UNAUTHENTICATED, message: '16 UNAUTHENTICATED: Unauthenticated' });
  });

  it.each(calls)('refuses wrong credentials of a call: $name', async ({ call }) => {
    const error = await errorOf(call(secure.admin, { credentials: { username: 'nobody', password: 'changeit' } }));
    expect(error).toBeInstanceOf(AccessDeniedError);
    expect(error).toMatchObject({ code: status.UNAUTHENTICATED, message: '16 UNAUTHENTICATED: Unauthenticated' });
  });

  it.each(calls)('refuses who does not say who calls: $name', async ({ call }) => {
    expect(await errorOf(call(secure.clientAs(), {}))).toBeInstanceOf(AccessDeniedError);
  });

  it('refuses anonymous reads and unary appends with the trailer that clients look for', async () => {
    const error = await errorOf(collect(secure.clientAs().readStream('callers')));
    expect(error).toMatchObject({ code: status.PERMISSION_DENIED, message: '7 PERMISSION_DENIED: Access Denied' });
    const client = new streamsGrpc.StreamsClient(secure.host, secure.channel);
    const refusal = await new Promise<ServiceError | null>((resolve) => {
      const call = client.append(new Metadata(), (denied) => resolve(denied)).on('error', () => undefined);
      call.write(new streams.AppendReq().setOptions(appendOptions('callers').setAny(new shared.Empty())));
      call.write(appendMessage(uuidOf(randomUUID()), { type: 't', 'content-type': 'application/json' }));
      call.end();
    });
    client.close();
    expect(refusal).toMatchObject({ code: status.PERMISSION_DENIED, details: 'Access Denied' });
    expect(refusal!.metadata.get('exception')).toEqual(['access-denied']);
  });

  it.each([
    'Bearer token',
    'Basic',
    'Basic ???',
    `Basic ${Buffer.from('nocolon').toString('base64')}`,
    'admin:changeit',
  ])('refuses a header that is no Basic one: %s', async (header) => {
    const metadata = new Metadata();
    metadata.set('authorization', header);
    expect(await featuresWith(metadata)).toMatchObject({ code: status.UNAUTHENTICATED, details: 'Unauthenticated' });
  });

  it('lets anybody ask what it can do, where it is and how it is', async () => {
    expect(await featuresWith(new Metadata())).toBeNull();
    expect(await gossipWith(new Metadata())).toBeNull();
    expect(await statsWith(new Metadata())).toBeNull();
  });

  it('refuses wrong credentials there too', async () => {
    const wrong = callAs('admin:wrong');
    for (const answer of [await featuresWith(wrong), await gossipWith(wrong), await statsWith(wrong)]) {
      expect(answer).toMatchObject({ code: status.UNAUTHENTICATED });
    }
  });

  it('needs no leader to be asked for', async () => {
    const written = await secure.admin.appendToStream(newStream(), newEvents(1), { requiresLeader: true });
    expect(written.success).toBe(true);
  });
});

function featuresWith(metadata: Metadata): Promise<ServiceError | null> {
  const client = new features.ServerFeaturesClient(secure.host, secure.channel);
  return new Promise<ServiceError | null>((resolve) => {
    client.getSupportedMethods(new shared.Empty(), metadata, (error) => resolve(error));
  }).finally(() => client.close());
}

function gossipWith(metadata: Metadata): Promise<ServiceError | null> {
  const client = new gossip.GossipClient(secure.host, secure.channel);
  return new Promise<ServiceError | null>((resolve) => {
    client.read(new shared.Empty(), metadata, (error) => resolve(error));
  }).finally(() => client.close());
}

function statsWith(metadata: Metadata): Promise<ServiceError | null> {
  const client = new monitoring.MonitoringClient(secure.host, secure.channel);
  return new Promise<ServiceError | null>((resolve) => {
    const call = client.stats(new StatsReq().setRefreshTimePeriodInMs('1000'), metadata);
    call
      .on('error', (error: ServiceError) => resolve(error))
      .on('data', () => {
        resolve(null);
        call.cancel();
      });
  }).finally(() => client.close());
}

describeSecure('HTTP of a node that asks who calls', () => {
  const get = async (path: string, credentials?: string): Promise<IncomingMessage> => {
    const ca = readFileSync(secure.caFile);
    const asked = request(`https://${secure.host}${path}`, {
      ca,
      ...(credentials !== undefined && { auth: credentials }),
    });
    const [response] = (await once(asked.end(), 'response')) as [IncomingMessage];
    response.resume();
    return response;
  };

  it.each(['/health/live', '/ping', '/info', '/gossip'])('answers anybody at %s', async (path) => {
    expect((await get(path)).statusCode).toBeLessThan(300);
  });

  it('keeps its statistics for those whom it knows', async () => {
    const anonymous = await get('/stats');
    expect([anonymous.statusCode, anonymous.headers['www-authenticate']]).toEqual([
      401,
      expect.stringMatching(/^Basic/),
    ]);
    expect((await get('/stats', 'admin:changeit')).statusCode).toBe(200);
  });

  it.each(['/health/live', '/ping', '/stats', '/nowhere'])('refuses wrong credentials at %s', async (path) => {
    expect((await get(path, 'admin:wrong')).statusCode).toBe(401);
  });

  it('tells that it has users', async () => {
    const ca = readFileSync(secure.caFile);
    const [response] = (await once(request(`https://${secure.host}/info`, { ca }).end(), 'response')) as [
      IncomingMessage,
    ];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({
      features: { userManagement: true },
      authentication: { type: 'internal' },
    });
  });
});
