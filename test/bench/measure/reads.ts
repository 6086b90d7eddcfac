/** Queries of the API against bare Fastify and pg: one contract and the first page of the list, in turn. */
import { Client } from 'pg';
import type { Bench } from '../bench.js';
import type { Work } from '../load/load.js';
import { processorMsOf } from '../processes.js';
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

interface Side {
  readonly name: string;
  readonly base: string;
  readonly pid: number;
}

export async function measureReads(bench: Bench): Promise<ReadonlyMap<Concurrency, ReadFigures>> {
  const { api, settings, generator, contractDatabaseUrl } = bench;
  const bare = await startBaseline('bare', 'bare/bare.main.js', bench.stack.dataDir, {
    DATABASE_URL: contractDatabaseUrl,
  });
  const ids = await someContracts(bench);
  const ours: Side = { name: 'the suite', base: api, pid: bench.stack.parts.suite!.pid };
  const baseline: Side = { name: 'bare', base: bare.url, pid: bare.pid };
  const run = async ({ name, base, pid }: Side, concurrency: number): Promise<number> => {
    const urls = ids.flatMap((id) => [`${base}/contracts/${id}`, `${base}/contracts`]);
    const work: Work = { kind: 'get', urls, token: await bench.token() };
    const before = processorMsOf(pid);
    const { perSecond, answers } = await generator.run({ work, concurrency, seconds: settings.seconds });
    const spent = (processorMsOf(pid) - before) / answers;
    bench.report(`each query at ${concurrency}: ${spent.toFixed(2)} ms of processor in ${name}`);
    return perSecond;
  };

  const sides = [ours, baseline];
  for (const side of sides) await run(side, 16);
  const byConcurrency = new Map<Concurrency, ReadFigures>();
  for (const concurrency of concurrencies) {
    const rates = new Map(sides.map((side) => [side, [] as number[]]));
    for (let round = 0; round < settings.rounds; round++) {
      for (const side of turned(sides, round)) rates.get(side)!.push(await run(side, concurrency));
    }
    const [queries, bareQueries] = [rates.get(ours)!, rates.get(baseline)!];
    bench.report(`queries at ${concurrency}: ${queries.join(' ')}; bare ${bareQueries.join(' ')}`);
    byConcurrency.set(concurrency, {
      bareQueriesPerSecond: median(bareQueries),
      queriesPerSecond: median(queries),
      queryRatio: medianRatio(queries, bareQueries),
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
