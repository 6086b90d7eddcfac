/** What a request costs more when it comes through the gateway: one service behind it, asked directly and through it. */
import { serviceNames } from '#apps/gateway/src/route-table.js';
import type { Bench } from '../bench.js';
import type { LoadResult, Work } from '../load/load.js';
import { processorMsOf } from '../processes.js';
import { type Program, startApp } from '../programs.js';
import { type Concurrency, concurrencies } from '../settings.js';
import { median, medianRatio } from '../statistics.js';
import { turned } from './turned.js';

export interface GatewayFigures {
  readonly directPerSecond: number;
  readonly gatewayPerSecond: number;
  readonly gatewayRatio: number;
  readonly directMsP50: number;
  readonly gatewayMsP50: number;
}

export async function measureGateway(
  bench: Bench,
  at: readonly Concurrency[] = concurrencies,
): Promise<ReadonlyMap<Concurrency, GatewayFigures>> {
  const { stack, settings, generator } = bench;
  const { env, dataDir } = stack;
  const unlimited = { RATE_LIMIT_MACHINE: '999999999/15m' };
  const contract = await startApp('contract', dataDir, { ...env, PORT: '0' });
  // Nobody else is asked, so the one service may stand for all.
  const urls = serviceNames.map((name) => [variableOf(name), contract.url] as const);
  const gateway = await startApp('gateway', dataDir, {
    ...env,
    ...unlimited,
    ...Object.fromEntries(urls),
    JWKS_URL: `${env['PUBLIC_URL']}/api/auth/.well-known/jwks.json`,
    PORT: '0',
  });
  const token = await bench.token();
  const run = async ({ url, pid }: Program, concurrency: number): Promise<LoadResult> => {
    const work: Work = { kind: 'get', urls: [`${url}/api/contracts`], token };
    const before = processorMsOf(pid);
    const result = await generator.run({ work, concurrency, seconds: settings.seconds });
    const spent = (processorMsOf(pid) - before) / result.answers;
    bench.report(`each query at ${concurrency}: ${spent.toFixed(2)} ms of processor in ${url}`);
    return result;
  };

  const sides = [contract, gateway];
  for (const side of sides) await run(side, 16);
  const byConcurrency = new Map<Concurrency, GatewayFigures>();
  for (const concurrency of at) {
    const results = new Map(sides.map((side) => [side, [] as LoadResult[]]));
    for (let round = 0; round < settings.rounds; round++) {
      for (const side of turned(sides, round)) results.get(side)!.push(await run(side, concurrency));
    }
    const [direct, through] = sides.map((side) => results.get(side)!) as [LoadResult[], LoadResult[]];
    const rates = (all: readonly LoadResult[]): number[] => all.map(({ perSecond }) => perSecond);
    const halves = (all: readonly LoadResult[]): number[] => all.map(({ latencyMs }) => latencyMs.p50);
    byConcurrency.set(concurrency, {
      directPerSecond: median(rates(direct)),
      gatewayPerSecond: median(rates(through)),
      gatewayRatio: medianRatio(rates(through), rates(direct)),
      directMsP50: median(halves(direct)),
      gatewayMsP50: median(halves(through)),
    });
  }
  await gateway.stop();
  await contract.stop();
  return byConcurrency;
}

function variableOf(name: string): string {
  return `${name.toUpperCase().replaceAll('-', '_')}_URL`;
}
