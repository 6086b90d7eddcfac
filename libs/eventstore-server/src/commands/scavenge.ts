import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import operationsGrpc from '@eventstore/db-client/generated/operations_grpc_pb.js';
import type { OperationsClient } from '@eventstore/db-client/generated/operations_grpc_pb.js';
import operations from '@eventstore/db-client/generated/operations_pb.js';
import type { ScavengeResp, StartScavengeReq } from '@eventstore/db-client/generated/operations_pb.js';
import { START } from '@eventstore/db-client';
import type { EventStoreDBClient } from '@eventstore/db-client';
import type { CallOptions, Metadata } from '@grpc/grpc-js';
import { openDataFolder } from '../data-folder.js';
import { explainCallError } from '../ndjson/call-error.js';
import { Scavenge } from '../scavenge.js';
import { scavengeCompleted, streamOfScavenge } from '../scavenges.js';
import type { ScavengeReport } from '../scavenges.js';
import { logFile } from '../storage.js';
import { connect } from './connection.js';
import { UsageError, readOptions } from './usage-error.js';

export const usage = `Usage: keiyaku-eventstore scavenge (--url URL | --data DIR)

Removes for good what no reader of a stream can see any more: what $maxCount, $maxAge and $tb hide, superseded metadata,
and the events of deleted streams. The last event of each stream stays. It can be stopped and repeated at any time.

  --url URL         of the server that has the log: it goes on serving meanwhile, as user admin or ops where it is secure
  --data DIR        the folder of a log that no server has open

The file keeps its size, and what comes uses the room. Standard output gets
{"result":"Success","eventsRemoved":12,"spaceSaved":3480}.`;

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

export async function run(args: readonly string[]): Promise<void> {
  const { url, data } = readOptions(args, { url: { type: 'string' }, data: { type: 'string' } });
  if ((url === undefined) === (data === undefined)) throw new UsageError('Give either --url URL or --data DIR.');
  const outcome = data === undefined ? await scavengeServer(connect(url)) : await scavengeFolder(data);
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
  if (outcome.result === 'Errored') throw new Error(`The scavenge failed: ${outcome.error ?? 'no reason given'}`);
}

async function scavengeFolder(folder: string): Promise<Omit<ScavengeReport, 'scavengeId'>> {
  if (!existsSync(join(folder, logFile))) throw new Error(`${folder} holds no log.`);
  const storage = await openDataFolder(folder);
  try {
    const { events, bytes } = await new Scavenge(storage).run();
    return { result: 'Success', eventsRemoved: events, spaceSaved: bytes };
  } finally {
    await storage.close();
  }
}

async function scavengeServer(client: EventStoreDBClient): Promise<Omit<ScavengeReport, 'scavengeId'>> {
  try {
    const id = await start(client);
    // Its end is an event. A scavenge that somebody else has started is as good.
    for await (const { event } of client.subscribeToStream(streamOfScavenge(id), { fromRevision: START })) {
      if (event?.type !== scavengeCompleted) continue;
      const { scavengeId: _, ...report } = event.data as unknown as ScavengeReport;
      return report;
    }
    throw new Error('The server ended before the scavenge did: start it again.');
  } catch (error) {
    throw new Error(explainCallError(error), { cause: error });
  } finally {
    await client.dispose();
  }
}

function start(client: EventStoreDBClient): Promise<string> {
  const parts = client as unknown as ClientParts;
  return parts.execute(operationsGrpc.OperationsClient, 'startScavenge', async (service: OperationsClient) => {
    const call = promisify(service.startScavenge.bind(service) as StartCall);
    const response = await call(new operations.StartScavengeReq(), ...parts.callArguments({}));
    return response.getScavengeId();
  });
}
