import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import monitoringGrpc from '@eventstore/db-client/generated/monitoring_grpc_pb.js';
import persistentGrpc from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import projectionsGrpc from '@eventstore/db-client/generated/projections_grpc_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { appendHandler } from './append.js';
import { batchAppendHandler } from './batch-append.js';
import type { Certificate } from './certificate.js';
import { deleteHandler, tombstoneHandler } from './delete.js';
import type { EventLog } from './event-log.js';
import { Gossip } from './gossip.js';
import { createHttp1Server } from './http.js';
import { statsHandler } from './monitoring.js';
import { refuseEveryCall } from './not-offered.js';
import { openPort } from './port.js';
import { readHandler } from './read.js';
import { getSupportedMethods } from './server-features.js';
import { Statistics } from './statistics.js';

const maxMessageBytes = 16 * 1024 * 1024 - 10_000;

/** Messages of a read are encoded where they are made. */
const streamsService = {
  ...streamsGrpc.StreamsService,
  read: { ...streamsGrpc.StreamsService.read, responseSerialize: (message: Buffer) => message },
};

/**
 * What clients are told that there is. Persistent subscriptions and projections are not, but a client that believes so
 * asks by HTTP instead, or blames the server's age; like this it comes, and reads what is the matter.
 */
const announced: readonly ServiceDefinition[] = [
  streamsService,
  featuresGrpc.ServerFeaturesService,
  gossipGrpc.GossipService,
  monitoringGrpc.MonitoringService,
  persistentGrpc.PersistentSubscriptionsService,
  projectionsGrpc.ProjectionsService,
];

export interface ServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Undefined: without TLS. */
  readonly certificate?: Certificate | undefined;
}

export interface RunningServer {
  readonly port: number;
  /** Ends every call, writes the appends in hand and closes the log. */
  stop(): Promise<void>;
}

export async function startServer(log: EventLog, { host, port, certificate }: ServerOptions): Promise<RunningServer> {
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': -1,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 10_000,
  });
  const bound = { address: host, port };
  const gossip = new Gossip(bound);
  const statistics = new Statistics(log);
  // The framework answers calls of every other service UNIMPLEMENTED.
  server.addService(streamsService, {
    read: readHandler(log),
    append: appendHandler(log),
    batchAppend: batchAppendHandler(log),
    delete: deleteHandler(log),
    tombstone: tombstoneHandler(log),
  });
  server.addService(featuresGrpc.ServerFeaturesService, { getSupportedMethods: getSupportedMethods(announced) });
  server.addService(gossipGrpc.GossipService, { read: gossip.read });
  server.addService(monitoringGrpc.MonitoringService, { stats: statsHandler(statistics) });
  refuseEveryCall(server, 'Persistent subscriptions', persistentGrpc.PersistentSubscriptionsService);
  refuseEveryCall(server, 'Projections', projectionsGrpc.ProjectionsService);
  const http1 = createHttp1Server({ log, gossip, statistics });
  // The port has spoken TLS already, if it does.
  const grpc = server.createConnectionInjector(ServerCredentials.createInsecure());
  const opened = await openPort({
    host,
    port,
    certificate,
    onHttp1: (socket) => void http1.emit('connection', socket),
    onHttp2: (socket) => grpc.injectConnection(socket),
  });
  bound.port = opened.port;
  return {
    port: opened.port,
    async stop() {
      opened.close();
      server.forceShutdown();
      await log.close();
    },
  };
}
