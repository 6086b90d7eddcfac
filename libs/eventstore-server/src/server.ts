import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import monitoringGrpc from '@eventstore/db-client/generated/monitoring_grpc_pb.js';
import operationsGrpc from '@eventstore/db-client/generated/operations_grpc_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { Access } from './access.js';
import { appendHandler } from './append.js';
import { batchAppendHandler } from './batch-append.js';
import { decodeBatchAppend } from './batch-append-request.js';
import type { Certificate } from './certificate.js';
import { deleteHandler, tombstoneHandler } from './delete.js';
import { sendEagerly } from './eager-call.js';
import type { EventLog } from './event-log.js';
import { Gossip } from './gossip.js';
import { createHttp1Server } from './http.js';
import { statsHandler } from './monitoring.js';
import { persistentSubscriptions, projections, users as noUsers } from './not-offered.js';
import { operationsHandlers } from './operations.js';
import { openPort } from './port.js';
import { readHandler } from './read.js';
import { Scavenges } from './scavenges.js';
import { getSupportedMethods } from './server-features.js';
import { Statistics } from './statistics.js';
import { UserAuthority } from './user-authority.js';
import type { Users } from './users.js';

const maxMessageBytes = 16 * 1024 * 1024 - 10_000;

const asItIs = (message: Buffer): Buffer => message;
/** What is asked for most is encoded where it is made, and decoded without the generated code. */
const streamsService = {
  ...streamsGrpc.StreamsService,
  read: { ...streamsGrpc.StreamsService.read, responseSerialize: asItIs },
  batchAppend: {
    ...streamsGrpc.StreamsService.batchAppend,
    requestDeserialize: decodeBatchAppend,
    responseSerialize: asItIs,
  },
};

/** What makes a node secure. */
export interface Secured {
  readonly certificate: Certificate;
  readonly users: Users;
}

export interface ServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Undefined: without TLS, and whoever calls may do everything. */
  readonly secured?: Secured | undefined;
}

export interface RunningServer {
  readonly port: number;
  /** Ends every call, writes the appends in hand and closes the log. */
  stop(): Promise<void>;
}

export async function startServer(log: EventLog, { host, port, secured }: ServerOptions): Promise<RunningServer> {
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': -1,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 10_000,
    interceptors: [sendEagerly],
  });
  const bound = { address: host, port };
  const gossip = new Gossip(bound);
  const statistics = new Statistics(log);
  const scavenges = new Scavenges(log);
  const access = new Access(secured && new UserAuthority(log, secured.users));
  const announced: ServiceDefinition[] = [];
  const add = (definition: ServiceDefinition, handlers: UntypedServiceImplementation): void => {
    server.addService(definition, access.guard(handlers));
    announced.push(definition);
  };
  add(streamsService, {
    read: readHandler(log, access),
    append: appendHandler(log, access),
    batchAppend: batchAppendHandler(log, access),
    delete: deleteHandler(log, access),
    tombstone: tombstoneHandler(log, access),
  });
  add(gossipGrpc.GossipService, { read: gossip.read });
  add(monitoringGrpc.MonitoringService, { stats: statsHandler(statistics) });
  add(operationsGrpc.OperationsService, operationsHandlers(scavenges, access));
  const { definition: usersService, handlers: usersHandlers } = secured
    ? (await import('./users-service.js')).usersService(access, secured.users)
    : noUsers;
  add(usersService, usersHandlers);
  // A client that misses these asks by HTTP instead, or blames the server's age. Like this it comes, and reads what is
  // the matter.
  for (const { definition, handlers } of [persistentSubscriptions, projections]) add(definition, handlers);
  add(featuresGrpc.ServerFeaturesService, { getSupportedMethods: getSupportedMethods(announced) });
  // The framework answers calls of every other service UNIMPLEMENTED.
  const http1 = createHttp1Server({ log, gossip, statistics, access });
  // The port has spoken TLS already, if it does.
  const grpc = server.createConnectionInjector(ServerCredentials.createInsecure());
  const opened = await openPort({
    host,
    port,
    certificate: secured?.certificate,
    onHttp1: (socket) => void http1.emit('connection', socket),
    onHttp2: (socket) => grpc.injectConnection(socket),
  });
  bound.port = opened.port;
  return {
    port: opened.port,
    async stop() {
      opened.close();
      server.forceShutdown();
      await scavenges.close();
      await log.close();
    },
  };
}
