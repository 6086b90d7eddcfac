import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { START } from '@eventstore/db-client';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { openDataFolder } from '../data-folder.js';
import { explainCallError } from '../ndjson/call-error.js';
import { Scavenge } from '../scavenge.js';
import { scavengeCompleted, streamOfScavenge } from '../scavenges.js';
import type { ScavengeReport } from '../scavenges.js';
import { logFile } from '../log-file.js';
import { startScavenge } from '../start-scavenge.js';
import { connect } from './connection.js';
import { UsageError, readOptions } from './usage-error.js';

export const usage = `Usage: keiyaku-eventstore scavenge (--url URL | --data DIR)

Removes for good what no reader of a stream can see any more: what $maxCount, $maxAge and $tb hide, superseded metadata,
and the events of deleted streams. The last event of each stream stays. It can be stopped and repeated at any time.

  --url URL         of the server that has the log: it goes on serving meanwhile, as user admin or ops where it is secure
  --data DIR        the folder of a log that no server has open

The file keeps its size, and what comes uses the room. Standard output gets
{"result":"Success","eventsRemoved":12,"spaceSaved":3480}.`;

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
    const id = await startScavenge(client);
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
