import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { PersonalData } from '#libs/event-sourcing/src/personal-data.js';
import { Bench } from '../bench.js';
import { type GatewayFigures, measureGateway } from '../measure/gateway.js';
import * as product from '../settings.js';
import { roundedAll } from '../statistics.js';
import { dataSetOf, writeDataSet } from './data-set.js';
import { type CommandFigures, measureCommands } from './measure-commands.js';
import { measureQueries, type QueryFigures } from './measure-queries.js';
import { measureRebuild, type RebuildFigures } from './measure-rebuild.js';
import { type CrmSettings, writers } from './settings.js';

/** What `npm run bench -- crm --json` prints: whoever compares runs relies on these names. `--only` leaves some out. */
export interface CrmFigures
  extends
    Partial<QueryFigures>,
    Partial<CommandFigures>,
    Partial<RebuildFigures>,
    Partial<Pick<GatewayFigures, 'gatewayRatio' | 'directMsP50' | 'gatewayMsP50'>> {
  readonly customers: number;
  /** Missing where the data set was there. */
  readonly seededEventsPerSecond?: number;
}

/** Answers every figure by its name, rounded. */
export async function measureCrm(settings: CrmSettings, report: (line: string) => void): Promise<CrmFigures> {
  const { customers, only, data, seconds } = settings;
  const options = dataSetOf(customers);
  const bench = await Bench.start({ ...product.quick, seconds }, report, { ...(data !== undefined && { data }) });
  const keys = await bench.keys();
  const store = EventStore.connect(bench.stack.env['EVENTSTORE_URL']!, new PersonalData(keys));
  try {
    report('everything is up');
    const seeded = await writeDataSet(bench, store, options);
    await bench.quiet();
    report('the read models have followed');
    const queries = only.includes('queries') && (await measureQueries(bench, settings, options));
    const commands = only.includes('commands') && (await measureCommands(bench, settings, options));
    const rebuild = only.includes('rebuild') && (await measureRebuild(bench, settings, store));
    const gateway = only.includes('gateway') && (await measureGateway(bench, [writers])).get(writers)!;
    report('done');
    return roundedAll({
      customers,
      ...seeded,
      ...queries,
      ...commands,
      ...rebuild,
      ...(gateway && {
        gatewayRatio: gateway.gatewayRatio,
        directMsP50: gateway.directMsP50,
        gatewayMsP50: gateway.gatewayMsP50,
      }),
    });
  } finally {
    await store.close();
    await keys.close();
    await bench.stop();
  }
}
