import type { SeedOptions } from '../../../scripts/seed/context.js';
import { recordOf } from '../../../scripts/seed/people.js';
import { customerIdOf } from '../../../scripts/seed/story.js';
import type { Bench } from '../bench.js';
import type { Work } from '../load/load.js';
import { someCustomers } from './questions.js';
import { type CrmSettings, writers } from './settings.js';

export interface CommandFigures {
  /** New customers, each looked for among all others first. */
  readonly createsPerSecond: number;
  readonly createMsP95: number;
  /** Changes to customers in turn. */
  readonly updatesPerSecond: number;
  readonly updateMsP95: number;
}

/** Changed in turn, so that no two commands meet in one stream. */
const changed = 2_000;

export async function measureCommands(
  bench: Bench,
  { seconds }: CrmSettings,
  options: SeedOptions,
): Promise<CommandFigures> {
  const base = `${bench.api}/customers`;
  const token = await bench.token();
  const run = async (title: string, work: Work): Promise<{ readonly perSecond: number; readonly p95: number }> => {
    const { latencyMs, perSecond } = await bench.generator.run({ work, concurrency: writers, seconds });
    bench.report(`${title}: ${perSecond.toFixed(0)}/s, p95 ${latencyMs.p95.toFixed(1)} ms`);
    await bench.quiet();
    return { perSecond, p95: latencyMs.p95 };
  };
  const create = await run('creates', { kind: 'customer', url: base, token });
  const customers = someCustomers(options, Math.min(changed, options.customers)).map((number) => ({
    url: `${base}/${customerIdOf(options.seed, number)}`,
    record: recordOf(options.seed, number),
  }));
  const update = await run('updates', { kind: 'note', customers, token });
  return {
    createsPerSecond: create.perSecond,
    createMsP95: create.p95,
    updatesPerSecond: update.perSecond,
    updateMsP95: update.p95,
  };
}
