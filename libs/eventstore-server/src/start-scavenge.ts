import { promisify } from 'node:util';
import type { EventStoreDBClient } from '@eventstore/db-client';
import operationsGrpc from '@eventstore/db-client/generated/operations_grpc_pb.js';
import type { OperationsClient } from '@eventstore/db-client/generated/operations_grpc_pb.js';
import operations from '@eventstore/db-client/generated/operations_pb.js';
import type { ScavengeResp, StartScavengeReq } from '@eventstore/db-client/generated/operations_pb.js';
import type { CallOptions, Metadata } from '@grpc/grpc-js';

/** The official client has no method for this service; this is what its methods for the others are made of. */
interface ClientParts {
  execute<Client, T>(
    service: new (...args: never) => Client,
    name: string,
    action: (client: Client) => Promise<T>,
  ): Promise<T>;
  callArguments(options: object): [Metadata, CallOptions];
}

type StartCall = (
  request: StartScavengeReq,
  metadata: Metadata,
  options: CallOptions,
  answer: (error: Error | null, response: ScavengeResp) => void,
) => void;

/** Has the server begin. Answers the id of the scavenge, also when somebody else has started it before. */
export function startScavenge(client: EventStoreDBClient): Promise<string> {
  const parts = client as unknown as ClientParts;
  return parts.execute(operationsGrpc.OperationsClient, 'startScavenge', async (service: OperationsClient) => {
    const call = promisify(service.startScavenge.bind(service) as StartCall);
    const response = await call(new operations.StartScavengeReq(), ...parts.callArguments({}));
    return response.getScavengeId();
  });
}
