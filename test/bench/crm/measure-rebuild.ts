/** The customers' read models made anew from the whole log, as an operator does it, against reading the log alone. */
import { DataSource } from 'typeorm';
import { CustomerRow } from '#apps/customer/src/customer-list/customer-list.entity.js';
import { customerListProjection } from '#apps/customer/src/customer-list/customer-list.projection.js';
import { CustomerSearchRow } from '#apps/customer/src/customer-search/customer-search.entity.js';
import { customerSearchProjection } from '#apps/customer/src/customer-search/customer-search.projection.js';
import { Checkpoints } from '#libs/event-sourcing/src/checkpoints.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import type { EventStore } from '#libs/event-sourcing/src/event-store.js';
import type { Projection } from '#libs/event-sourcing/src/projection.js';
import { rebuild } from '#libs/event-sourcing/src/rebuild.js';
import { eventCatalogue } from '#libs/events/src/catalogue.js';
import { eventUpcasters } from '#libs/events/src/upcasters.js';
import type { Bench } from '../bench.js';
import { median, medianRatio } from '../statistics.js';
import type { CrmSettings } from './settings.js';

/** Events of the log that are passed in a second, and how that is to reading them and doing nothing. */
export interface RebuildFigures {
  readonly rawReadEventsPerSecond: number;
  readonly listRebuildEventsPerSecond: number;
  readonly listRebuildRatio: number;
  readonly searchRebuildEventsPerSecond: number;
  readonly searchRebuildRatio: number;
}

export async function measureRebuild(
  bench: Bench,
  { rebuildRounds }: CrmSettings,
  store: EventStore,
): Promise<RebuildFigures> {
  const rates = { read: [] as number[], list: [] as number[], search: [] as number[] };
  for (let round = 0; round < rebuildRounds; round++) {
    let events = 0;
    const readSeconds = await secondsOf(async () => {
      for await (const { event } of bench.log.readAll()) if (event) events++;
    });
    rates.read.push(events / readSeconds);
    const name = `rebuild_${round}`;
    // What a run that was broken off has left.
    await bench.dropDatabase(name);
    const database = await bench.database(name);
    rates.list.push(events / (await rebuiltIn(database, customerListProjection, store)));
    rates.search.push(events / (await rebuiltIn(database, customerSearchProjection, store)));
    await bench.dropDatabase(name);
    const told = Object.entries(rates).map(([name, values]) => `${name} ${values.at(-1)!.toFixed(0)}`);
    bench.report(`rebuild of ${events} events, each second: ${told.join(', ')}`);
  }
  return {
    rawReadEventsPerSecond: median(rates.read),
    listRebuildEventsPerSecond: median(rates.list),
    listRebuildRatio: medianRatio(rates.list, rates.read),
    searchRebuildEventsPerSecond: median(rates.search),
    searchRebuildRatio: medianRatio(rates.search, rates.read),
  };
}

/** Seconds from the first event that is read to the last index. */
async function rebuiltIn<Row extends object>(
  url: string,
  projection: Projection<Row>,
  store: EventStore,
): Promise<number> {
  const entities = [CustomerRow, CustomerSearchRow];
  const database = await new DataSource({ type: 'postgres', url, entities }).initialize();
  await new Checkpoints(database).createTables();
  const schemas = new EventSchemas(eventCatalogue, eventUpcasters);
  const seconds = await secondsOf(async () => {
    await rebuild(projection, { database, store, schemas });
  });
  await database.destroy();
  return seconds;
}

async function secondsOf(run: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await run();
  return (performance.now() - started) / 1000;
}
