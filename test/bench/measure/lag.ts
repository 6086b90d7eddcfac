/** How long after its answer a contract can be read, while contracts keep coming. */
import type { Bench } from '../bench.js';
import type { Work } from '../load/load.js';
import { type Concurrency, concurrencies } from '../settings.js';
import { percentile } from '../statistics.js';

export interface LagFigures {
  readonly projectionLagMsP50: number;
  readonly projectionLagMsP99: number;
}

export async function measureLag(bench: Bench): Promise<ReadonlyMap<Concurrency, LagFigures>> {
  const byConcurrency = new Map<Concurrency, LagFigures>();
  for (const concurrency of concurrencies) {
    const lags: number[] = [];
    for (let round = 0; round < bench.settings.rounds; round++) {
      const work: Work = { kind: 'draft', url: `${bench.api}/contracts`, token: await bench.token() };
      const watch = { databaseUrl: bench.contractDatabaseUrl };
      const { lagMs = [] } = await bench.generator.run({ work, concurrency, seconds: bench.settings.seconds, watch });
      lags.push(...lagMs);
      await bench.quiet();
    }
    bench.report(`projection lag at ${concurrency}: ${lags.length} contracts`);
    const [projectionLagMsP50, projectionLagMsP99] = [percentile(lags, 0.5), percentile(lags, 0.99)];
    byConcurrency.set(concurrency, { projectionLagMsP50, projectionLagMsP99 });
  }
  return byConcurrency;
}
