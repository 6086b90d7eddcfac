/** A command to a stream of 10,000 events, read and folded by the kernel, against reading the stream alone. */
import { EventStoreDBClient } from '@eventstore/db-client';
import { RegisterContract } from '#apps/contract/src/domain/contract-commands.js';
import { contractDecider } from '#apps/contract/src/domain/contract.decider.js';
import { CommandHandler } from '#libs/event-sourcing/src/command-handler.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { PersonalData } from '#libs/event-sourcing/src/personal-data.js';
import { eventCatalogue } from '#libs/events/src/catalogue.js';
import type { Bench } from '../bench.js';
import { startQuietEventStore } from '../programs.js';
import { median, medianRatio } from '../statistics.js';
import { writeLongContract } from './contract-log.js';

export interface RehydrateFigures {
  readonly rehydrateRatio: number;
  readonly rehydrate10kMs: number;
}

const events = 10_000;

export async function measureRehydrate(bench: Bench): Promise<RehydrateFigures> {
  const log = await startQuietEventStore(bench.stack.dataDir, 'long-stream-log');
  const keys = await bench.keys();
  const personal = new PersonalData(keys);
  const { id, content, changedAt } = await writeLongContract(log.url, personal, events);
  const client = EventStoreDBClient.connectionString(log.url);
  const store = EventStore.connect(log.url, personal);

  const readAlone = async (): Promise<void> => {
    let count = 0;
    for await (const { event } of client.readStream(`contract-${id}`)) if (event) count++;
    if (count !== events) throw new Error(`The long stream has ${count} events.`);
  };
  const readAndFold = async (): Promise<void> => {
    // A handler of its own knows nothing yet. The command says nothing new, so nothing is appended.
    const handler = new CommandHandler(contractDecider, store, new EventSchemas(eventCatalogue));
    const report = { ...content, origin: { channel: 'api' }, changedAt } as const;
    const command = new RegisterContract(id, report, {
      commandId: freshId(),
      actor: { id: 'bench', role: 'SERVICE' },
      correlationId: freshId(),
      occurredAt: new Date().toISOString(),
    });
    const { revision } = await handler.execute(command);
    if (revision !== events - 1) throw new Error(`The command saw revision ${revision}.`);
  };

  await readAlone();
  await readAndFold();
  const alone: number[] = [];
  const folded: number[] = [];
  for (let round = 0; round < bench.settings.rehydrateRounds; round++) {
    alone.push(await millisecondsOf(readAlone));
    folded.push(await millisecondsOf(readAndFold));
  }
  bench.report(`rehydrate: ${folded.map(Math.round).join(' ')} ms; read alone ${alone.map(Math.round).join(' ')} ms`);
  await store.close();
  await keys.close();
  await client.dispose();
  await log.stop();
  // Rates, not times: 1 is as fast as the raw client.
  return { rehydrateRatio: medianRatio(alone, folded), rehydrate10kMs: median(folded) };
}

async function millisecondsOf(run: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}
