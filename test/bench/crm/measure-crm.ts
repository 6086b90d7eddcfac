import { randomBytes } from 'node:crypto';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { PersonalData } from '#libs/event-sourcing/src/personal-data.js';
import type { SeedOptions } from '../../../scripts/seed/context.js';
import { seedLog } from '../../../scripts/seed/seed-log.js';
import { SignIns } from '../../../scripts/seed/sign-ins.js';
import { Bench } from '../bench.js';
import { measureGateway } from '../measure/gateway.js';
import * as product from '../settings.js';
import { roundedAll } from '../statistics.js';
import { type CommandFigures, measureCommands } from './measure-commands.js';
import { measureQueries, type QueryFigures } from './measure-queries.js';
import { measureRebuild, type RebuildFigures } from './measure-rebuild.js';
import { type CrmSettings, writers } from './settings.js';

/** What `npm run bench -- crm --json` prints: whoever compares runs relies on these names. */
export interface CrmFigures extends QueryFigures, CommandFigures, RebuildFigures {
  readonly customers: number;
  readonly seededEventsPerSecond: number;
  /** Requests through the gateway against the same ones sent to the service directly. */
  readonly gatewayRatio: number;
  readonly directMsP50: number;
  readonly gatewayMsP50: number;
}

/** Days of another year would do as well; these are the same in every run. */
const dataSet = { seed: 1, until: '2026-11-22', customersOnly: true } as const;

/** Answers every figure by its name, rounded. */
export async function measureCrm(settings: CrmSettings, report: (line: string) => void): Promise<CrmFigures> {
  const options: SeedOptions = { ...dataSet, customers: settings.customers };
  const bench = await Bench.start({ ...product.quick, seconds: settings.seconds }, report);
  const keys = await bench.keys();
  const store = EventStore.connect(bench.stack.env['EVENTSTORE_URL']!, new PersonalData(keys));
  try {
    report('everything is up');
    const started = performance.now();
    const { IDENTITY_DATABASE_URL: url, ENCRYPTION_KEY: key } = bench.stack.env;
    const password = randomBytes(32).toString('base64');
    const signIns = await SignIns.connect(url!, Buffer.from(key!, 'base64'), store, password);
    const { events } = await seedLog(store, options, signIns, report);
    await signIns.close();
    const seededEventsPerSecond = (events * 1000) / (performance.now() - started);
    report(`${events} events of ${options.customers} customers are written`);
    await bench.quiet();
    const queries = await measureQueries(bench, settings, options);
    const commands = await measureCommands(bench, settings, options);
    await bench.quiet();
    const rebuild = await measureRebuild(bench, settings, store);
    const { gatewayRatio, directMsP50, gatewayMsP50 } = (await measureGateway(bench, [writers])).get(writers)!;
    report('done');
    return roundedAll({
      customers: options.customers,
      seededEventsPerSecond,
      ...queries,
      ...commands,
      ...rebuild,
      gatewayRatio,
      directMsP50,
      gatewayMsP50,
    });
  } finally {
    await store.close();
    await keys.close();
    await bench.stop();
  }
}
