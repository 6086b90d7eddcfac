import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Gauge, register } from 'prom-client';
import type { DataSource } from 'typeorm';

interface Undelivered {
  readonly channel: string;
  /** Not finished yet. */
  readonly waiting: number;
  readonly oldestSeconds: number;
  /** Given up within the last day. */
  readonly abandoned: number;
}

// The registry belongs to the process, and a process may hold several apps.
const sources = new Set<() => Promise<readonly Undelivered[]>>();

/** What has not arrived, for Prometheus. Every process of the context tells the same: take the maximum over them. */
@Injectable()
export class DeliveryMetrics implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('deliveries');
  private readonly source = (): Promise<readonly Undelivered[]> => this.read();

  constructor(@InjectDataSource('notification') private readonly database: DataSource) {}

  onApplicationBootstrap(): void {
    if (!register.getSingleMetric('deliveries_waiting')) declareGauges();
    sources.add(this.source);
  }

  beforeApplicationShutdown(): void {
    sources.delete(this.source);
  }

  private async read(): Promise<readonly Undelivered[]> {
    try {
      return await this.database.query<Undelivered[]>(
        `select channel, sum(waiting)::int as waiting, max(oldest)::float8 as "oldestSeconds",
           sum(abandoned)::int as abandoned
         from (
           select channel, count(*) as waiting, extract(epoch from now() - min(requested_at)) as oldest, 0 as abandoned
             from delivery_work group by channel
           union all select 'mail', 0, 0, count(*) from delivery_list
             where status = 'abandoned' and finished_at > now() - interval '1 day'
           union all select 'webhook', 0, 0, count(*) from webhook_delivery_list
             where status = 'abandoned' and finished_at > now() - interval '1 day'
           union all select known.channel, 0, 0, count(row.delivery_id)
             from (values ('operator_mail'), ('slack')) as known (channel)
             left join operator_alert_list as row on row.channel = known.channel
               and status = 'abandoned' and finished_at > now() - interval '1 day'
             group by known.channel
         ) as found group by channel order by channel`,
      );
    } catch (error) {
      this.logger.warn({ err: error }, 'Deliveries could not be counted');
      return [];
    }
  }
}

function declareGauges(): void {
  gauge('deliveries_waiting', 'Messages that have not arrived yet, by channel.', ({ waiting }) => waiting);
  gauge(
    'deliveries_oldest_waiting_seconds',
    'Age of the oldest message that has not arrived yet; 0 when there is none.',
    ({ oldestSeconds }) => oldestSeconds,
  );
  gauge('deliveries_abandoned', 'Messages that were given up within the last day.', ({ abandoned }) => abandoned);
}

function gauge(name: string, help: string, value: (channel: Undelivered) => number): void {
  const collect = async function (this: Gauge<'channel'>): Promise<void> {
    this.reset();
    for (const channels of await read()) for (const each of channels) this.set({ channel: each.channel }, value(each));
  };
  register.registerMetric(new Gauge({ name, help, labelNames: ['channel'], registers: [], collect }));
}

let reading: Promise<readonly (readonly Undelivered[])[]> | undefined;

/** One look serves all gauges of a scrape. */
function read(): Promise<readonly (readonly Undelivered[])[]> {
  reading ??= Promise.all([...sources].map((source) => source())).finally(() => (reading = undefined));
  return reading;
}
