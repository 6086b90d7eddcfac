import { START } from '@eventstore/db-client';
import type { EventStoreDBClient } from '@eventstore/db-client';
import operations from '@eventstore/db-client/generated/operations_pb.js';
import operationsGrpc from '@eventstore/db-client/generated/operations_grpc_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import { credentials } from '@grpc/grpc-js';
import type { ChannelCredentials, Metadata, ServiceError } from '@grpc/grpc-js';
import { callAs } from './secure-server.js';

type Answer = (error: ServiceError | null, response: operations.ScavengeResp) => void;
type Call<Request> = (request: Request, metadata: Metadata, answer: Answer) => void;

export interface ScavengeAnswer {
  readonly id: string;
  readonly result: 'Started' | 'InProgress' | 'Stopped';
}

/** The Operations service, for which the official client has no methods. */
export class OperationsClient {
  readonly #grpc: operationsGrpc.OperationsClient;

  /** @param caller `name:password` */
  constructor(
    host: string,
    channel: ChannelCredentials = credentials.createInsecure(),
    private readonly caller?: string,
  ) {
    this.#grpc = new operationsGrpc.OperationsClient(host, channel);
  }

  close(): void {
    this.#grpc.close();
  }

  startScavenge(): Promise<ScavengeAnswer> {
    const options = new operations.StartScavengeReq.Options().setThreadCount(1).setStartFromChunk(0);
    return this.#call('startScavenge', new operations.StartScavengeReq().setOptions(options));
  }

  stopScavenge(id: string): Promise<ScavengeAnswer> {
    const options = new operations.StopScavengeReq.Options().setScavengeId(id);
    return this.#call('stopScavenge', new operations.StopScavengeReq().setOptions(options));
  }

  /** What takes nothing. */
  ask(name: 'mergeIndexes' | 'shutdown' | 'resignNode' | 'restartPersistentSubscriptions'): Promise<ScavengeAnswer> {
    return this.#call(name, new shared.Empty());
  }

  setNodePriority(priority: number): Promise<ScavengeAnswer> {
    return this.#call('setNodePriority', new operations.SetNodePriorityReq().setPriority(priority));
  }

  #call<Request>(name: keyof operationsGrpc.OperationsClient, request: Request): Promise<ScavengeAnswer> {
    const call = this.#grpc[name].bind(this.#grpc) as unknown as Call<Request>;
    const results = ['Started', 'InProgress', 'Stopped'] as const;
    return new Promise((resolve, reject) => {
      call(request, callAs(this.caller), (error, response) => {
        if (error !== null) reject(error);
        else resolve({ id: response.getScavengeId(), result: results[response.getScavengeResult()] });
      });
    });
  }
}

/** What a scavenge said of itself at its end, once it has ended. */
export async function reportOf(client: EventStoreDBClient, id: string): Promise<Record<string, unknown>> {
  for await (const { event } of client.subscribeToStream(`$scavenges-${id}`, { fromRevision: START })) {
    if (event?.type === '$scavengeCompleted') return event.data as Record<string, unknown>;
  }
  throw new Error(`The stream of scavenge ${id} ended before it was completed.`);
}
