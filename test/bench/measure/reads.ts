/** Queries of the API against bare Fastify and pg: one contract and the first page of the list, in turn. */
import { Client } from 'pg';
import type { Bench } from '../bench.js';
import type { Work } from '../load/load.js';
import { startBaseline } from '../programs.js';
import { type Concurrency, concurrencies } from '../settings.js';
import { median, medianRatio } from '../statistics.js';
import { turned } from './turned.js';

export interface ReadFigures {
  readonly bareQueriesPerSecond: number;
  readonly queriesPerSecond: number;
  readonly queryRatio: number;
}

const contracts = 200;

export async function measureReads(bench: Bench): Promise<ReadonlyMap<Concurrency, ReadFigures>> {
  const { api, settings, generator, contractDatabaseUrl } = bench;
  const bare = await startBaseline('bare', 'bare/bare.main.js', bench.stack.dataDir, {
    DATABASE_URL: contractDatabaseUrl,
  });
  const ids = await someContracts(bench);
  const run = async (base: string, concurrency: number): Promise<number> => {
    const urls = ids.flatMap((id) => [`${base}/contracts/${id}`, `${base}/contracts`]);
    const work: Work = { kind: 'get', urls, token: await bench.token() };
    return (await generator.run({ work, concurrency, seconds: settings.seconds })).perSecond;
  };

  const bases = [api, bare.url];
  for (const base of bases) await run(base, 16);
  const byConcurrency = new Map<Concurrency, ReadFigures>();
  for (const concurrency of concurrencies) {
    const rates = new Map(bases.map((base) => [base, [] as number[]]));
    for (let round = 0; round < settings.rounds; round++) {
      for (const base of turned(bases, round)) rates.get(base)!.push(await run(base, concurrency));
    }
    const [ours, baseline] = bases.map((base) => rates.get(base)!) as [number[], number[]];
    bench.report(`queries at ${concurrency}: ${ours.join(' ')}; bare ${baseline.join(' ')}`);
    byConcurrency.set(concurrency, {
      bareQueriesPerSecond: median(baseline),
      queriesPerSecond: median(ours),
      queryRatio: medianRatio(ours, baseline),
    });
  }
  await bare.stop();
  return byConcurrency;
}

/** Contracts that stand, with as many new ones as are missing. */
async function someContracts(bench: Bench): Promise<string[]> {
  const work: Work = { kind: 'draft', url: `${bench.api}/contracts`, token: await bench.token() };
  await bench.generator.run({ work, concurrency: 16, seconds: 1 });
  await bench.quiet();
  const client = new Client(bench.contractDatabaseUrl);
  await client.connect();
  const { rows } = await client.query<{ id: string }>('select id from contract_list limit $1', [contracts]);
  await client.end();
  return rows.map(({ id }) => id);
}
