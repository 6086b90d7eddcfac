/** A read model made anew by the kernel's own runner, against reading alone and against a save() for each event. */
import { setTimeout as delay } from 'node:timers/promises';
import { EventStoreDBClient } from '@eventstore/db-client';
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ContractRow } from '#apps/contract/src/contract-list/contract-list.entity.js';
import { contractListProjection } from '#apps/contract/src/contract-list/contract-list.projection.js';
import { ConsumerSession } from '#libs/event-sourcing/src/consumer-session.js';
import { Checkpoints } from '#libs/event-sourcing/src/checkpoints.js';
import { type Consumer, ConsumerLoop } from '#libs/event-sourcing/src/consumer.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { LogTail } from '#libs/event-sourcing/src/log-tail.js';
import { PersonalData } from '#libs/event-sourcing/src/personal-data.js';
import { fold } from '#libs/event-sourcing/src/projection.js';
import { projectionConsumer } from '#libs/event-sourcing/src/projection-consumer.js';
import { eventCatalogue } from '#libs/events/src/catalogue.js';
import type { Bench } from '../bench.js';
import { startQuietEventStore } from '../programs.js';
import { median, medianRatio } from '../statistics.js';
import { writeContracts } from './contract-log.js';

export interface RebuildFigures {
  readonly rawReadEventsPerSecond: number;
  readonly rebuildEventsPerSecond: number;
  readonly rebuildRatio: number;
  readonly perEventSaveRatio: number;
}

/** A save() for each event is slow, so it gets a part of the log. */
const savedEvents = 3_000;

export async function measureRebuild(bench: Bench): Promise<RebuildFigures> {
  const log = await startQuietEventStore(bench.stack.dataDir, 'rebuild-log');
  const keys = await bench.keys();
  const personal = new PersonalData(keys);
  const events = await writeContracts(log.url, personal, bench.settings.rebuildEvents);
  bench.report(`rebuild: ${events} events written`);
  const store = EventStore.connect(log.url, personal);
  const rates = { read: [] as number[], rebuild: [] as number[], save: [] as number[] };
  for (let round = 0; round < bench.settings.rebuildRounds; round++) {
    rates.read.push(events / (await secondsOf(() => readAll(log.url))));
    rates.rebuild.push(events / (await rebuild(await bench.database(`rebuild_${round}`), store)));
    rates.save.push(savedEvents / (await saveEach(await bench.database(`save_${round}`), store)));
    bench.report(
      `rebuild: ${Object.entries(rates)
        .map(([name, values]) => `${name} ${values.join(' ')}`)
        .join('; ')}`,
    );
  }
  await store.close();
  await keys.close();
  await log.stop();
  return {
    rawReadEventsPerSecond: median(rates.read),
    rebuildEventsPerSecond: median(rates.rebuild),
    rebuildRatio: medianRatio(rates.rebuild, rates.read),
    perEventSaveRatio: medianRatio(rates.rebuild, rates.save),
  };
}

async function readAll(url: string): Promise<void> {
  const client = EventStoreDBClient.connectionString(url);
  for await (const { event } of client.readAll()) if (!event) throw new Error('A place of the log is empty.');
  await client.dispose();
}

/** Seconds from the first event that is read to the last row that stands. */
async function rebuild(databaseUrl: string, store: EventStore): Promise<number> {
  const head = await store.head();
  const database = await connect(databaseUrl);
  const tail = new LogTail(store);
  const session = new ConsumerSession(database);
  const consumer = await freshReadModel(database, tail, session);
  const seconds = await secondsOf(async () => {
    const loop = new ConsumerLoop(consumer, new Logger('bench'));
    while (consumer.cursor.position < head) {
      if (loop.status.state === 'stopped') throw new Error(`The rebuild stopped: ${loop.status.problem}`);
      await delay(5);
    }
    await loop.stop();
  });
  await session.close();
  await tail.close();
  await database.destroy();
  return seconds;
}

/** What people write first: one event, one `repository.save()`. */
async function saveEach(databaseUrl: string, store: EventStore): Promise<number> {
  const entries = await store.readLog(undefined, savedEvents);
  const events = await store.personal.open(entries.flatMap(({ event }) => (event ? [event] : [])));
  const database = await connect(databaseUrl);
  const tail = new LogTail(store);
  const session = new ConsumerSession(database);
  await freshReadModel(database, tail, session);
  const repository = database.getRepository(ContractRow);
  const rows = new Map<string, ContractRow | undefined>();
  const seconds = await secondsOf(async () => {
    for (const event of events) {
      fold(contractListProjection, rows, [event]);
      const row = rows.get((event.data as { contractId: string }).contractId);
      if (row) await repository.save({ ...row });
    }
  });
  await session.close();
  await tail.close();
  await database.destroy();
  return seconds;
}

function connect(url: string): Promise<DataSource> {
  return new DataSource({ type: 'postgres', url, entities: [ContractRow] }).initialize();
}

async function freshReadModel(database: DataSource, tail: LogTail, session: ConsumerSession): Promise<Consumer> {
  const checkpoints = new Checkpoints(database);
  await checkpoints.createTables();
  const schemas = new EventSchemas(eventCatalogue);
  return projectionConsumer(contractListProjection, {
    database,
    checkpoints,
    tail,
    schemas,
    session,
  });
}

async function secondsOf(run: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await run();
  return (performance.now() - started) / 1000;
}
