import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Gauge, register } from 'prom-client';
import { Dashboard, type Figures } from './dashboard.js';

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];
type Samples = (view: Figures) => readonly Sample[];

// The registry belongs to the process, and a process may hold several apps.
const sources = new Set<() => Promise<Figures | undefined>>();

/** The dashboard for Prometheus. Every process of the context tells the same: take the maximum over them. */
@Injectable()
export class DashboardMetrics implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('dashboard');
  private readonly source = (): Promise<Figures | undefined> => this.read();

  constructor(private readonly dashboard: Dashboard) {}

  onApplicationBootstrap(): void {
    if (!register.getSingleMetric('environments')) declareGauges();
    sources.add(this.source);
  }

  beforeApplicationShutdown(): void {
    sources.delete(this.source);
  }

  /** Metrics of everything else are told while the database is away. */
  private async read(): Promise<Figures | undefined> {
    try {
      return await this.dashboard.figures();
    } catch (error) {
      this.logger.warn({ err: error }, 'The dashboard could not be read for the metrics');
      return undefined;
    }
  }
}

function declareGauges(): void {
  const place = ['status', 'step'];
  gauge('environments', 'Environments by status and step.', place, ({ states }) =>
    states.map(({ status, step, count }) => [{ status, step: step ?? '' }, count]),
  );
  gauge('environments_oldest_seconds', 'How long the oldest environment has had its status and step.', place, (view) =>
    view.states.map(({ status, step, since }) => [{ status, step: step ?? '' }, age(since)]),
  );
  const ended =
    'Environments whose work came to an end within the window, by outcome: failed ones came to need attention.';
  gauge('environments_ended', ended, ['outcome'], ({ failureRate: { ended: all, failed } }) => [
    [{ outcome: 'failed' }, failed],
    [{ outcome: 'succeeded' }, all - failed],
  ]);
  gauge('environment_failure_ratio', 'Share of those that failed; 0 where none ended.', [], ({ failureRate }) => [
    [{}, failureRate.percent / 100],
  ]);
  const exceeded = '1 while the failure ratio has reached its threshold and enough environments ended, else 0.';
  gauge('environment_failure_ratio_exceeded', exceeded, [], ({ failureRate }) => [[{}, failureRate.exceeded ? 1 : 0]]);
  const build = 'From the request of an environment until it was first ready, by quantile over the last days.';
  gauge('environment_build_seconds', build, ['plan', 'region', 'quantile'], ({ buildTimes: { groups } }) =>
    groups.flatMap(({ plan, region, p50Seconds, p95Seconds }): Sample[] => [
      [{ plan, region, quantile: '0.5' }, p50Seconds],
      [{ plan, region, quantile: '0.95' }, p95Seconds],
    ]),
  );
  const price = 'Whole yen that a month of all environments costs as they serve now.';
  gauge('environment_monthly_price_yen', price, ['plan', 'region', 'service'], ({ prices }) =>
    prices.map(({ plan, region, service, amount }) => [{ plan, region, service }, amount]),
  );
}

function gauge(name: string, help: string, labelNames: string[], samples: Samples): void {
  const collect = async function (this: Gauge): Promise<void> {
    this.reset();
    for (const view of await views()) for (const [labels, value] of samples(view)) this.set(labels, value);
  };
  register.registerMetric(new Gauge({ name, help, labelNames, registers: [], collect }));
}

function age(since: string): number {
  return Math.max(0, (Date.now() - Date.parse(since)) / 1000);
}

let reading: Promise<readonly Figures[]> | undefined;

/** One look serves all gauges of a scrape. */
function views(): Promise<readonly Figures[]> {
  reading ??= Promise.all([...sources].map((source) => source()))
    .then((found) => found.filter((view) => view !== undefined))
    .finally(() => (reading = undefined));
  return reading;
}
