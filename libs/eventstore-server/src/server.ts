import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import { appendHandler } from './append.js';
import { batchAppendHandler } from './batch-append.js';
import { deleteHandler, tombstoneHandler } from './delete.js';
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
  /** Ends every call, writes the appends in hand and closes the log. */
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
  // The framework answers calls of every other service UNIMPLEMENTED.
  server.addService(streamsService, {
    read: readHandler(log),
    append: appendHandler(log),
    batchAppend: batchAppendHandler(log),
    delete: deleteHandler(log),
    tombstone: tombstoneHandler(log),
  });
  server.addService(featuresGrpc.ServerFeaturesService, { getSupportedMethods });
  const boundPort = await bind(server, host, port);
  return {
    port: boundPort,
    async stop() {
      server.forceShutdown();
      await log.close();
    },
  };
}

function bind(server: Server, host: string, port: number): Promise<number> {
  // What keeps the port from us is told once, by the error.
  setLogVerbosity(logVerbosity.NONE);
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else if (error.message.includes('EADDRINUSE')) {
        reject(new Error(`Port ${port} on ${host} is in use: stop what listens there or choose another --port.`));
      } else reject(new Error(`Cannot listen on ${host}:${port}: ${error.message}`));
    });
  });
}
