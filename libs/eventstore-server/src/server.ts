import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { appendHandler } from './append.js';
import { batchAppendHandler } from './batch-append.js';
import type { EventLog } from './event-log.js';
import { readHandler } from './read.js';
import { getSupportedMethods } from './server-features.js';

const maxMessageBytes = 16 * 1024 * 1024 - 10_000;

/** Messages of a read are encoded where they are made. */
const streamsService = {
  ...streamsGrpc.StreamsService,
  read: { ...streamsGrpc.StreamsService.read, responseSerialize: (message: Buffer) => message },
};

export interface RunningServer {
  readonly port: number;
  /** Answers the appends in hand, ends every call and closes the log. */
  stop(): Promise<void>;
}

/** `port` 0 takes a free one. */
export async function startServer(log: EventLog, host: string, port: number): Promise<RunningServer> {
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': -1,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 10_000,
  });
  // Calls of these services that have no handler are answered UNIMPLEMENTED, as calls of other services are.
  server.addService(streamsService, {
    read: readHandler(log),
    append: appendHandler(log),
    batchAppend: batchAppendHandler(log),
  });
  server.addService(featuresGrpc.ServerFeaturesService, { getSupportedMethods });
  const boundPort = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    port: boundPort,
    async stop() {
      await log.close();
      server.forceShutdown();
    },
  };
}
