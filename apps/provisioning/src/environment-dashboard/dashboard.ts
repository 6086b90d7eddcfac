import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { environmentStatuses } from '../domain/environment.js';
import { MonthlyPrices } from '../environment-cost/monthly-prices.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';
import type { BuildTime, DashboardView, FailureRate, OldestEnvironment, StateCount } from './dashboard.dto.js';

/** Nothing is under way in these. With any other status an environment is on its way, or waits for somebody. */
const settled: ReadonlySet<string> = new Set(['ready', 'suspended', 'retained', 'deleted', 'cancelled']);
const open = environmentStatuses.filter((status) => !settled.has(status));

export type Figures = Omit<DashboardView, 'oldest'>;

/** What operators see of all environments together, from indexed rows of the read models. */
@Injectable()
export class Dashboard {
  constructor(
    @InjectDataSource('provisioning') private readonly database: DataSource,
    private readonly prices: MonthlyPrices,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  async read(): Promise<DashboardView> {
    const [{ states, ...others }, oldest] = await Promise.all([this.figures(), this.oldest()]);
    // In the order in which the parts are sent.
    return { states, oldest, ...others };
  }

  /** What can be counted, and names no environment. */
  async figures(): Promise<Figures> {
    const { buildTimeDays: days } = this.settings;
    const [states, failureRate, groups, prices] = await Promise.all([
      this.states(),
      this.failureRate(),
      this.buildTimes(),
      this.prices.now(),
    ]);
    return { states, failureRate, buildTimes: { days, groups }, prices };
  }

  async states(): Promise<StateCount[]> {
    const rows = await this.database.query<(Omit<StateCount, 'since'> & { readonly since: Date })[]>(
      `select status, step, count(*)::int as count, min(since) as since,
         count(*) filter (where since < now() - interval '5 minutes')::int as "over5Minutes",
         count(*) filter (where since < now() - interval '30 minutes')::int as "over30Minutes",
         count(*) filter (where since < now() - interval '2 hours')::int as "over2Hours"
       from environment_list group by status, step order by status, step`,
    );
    return rows.map((row) => ({ ...row, since: row.since.toISOString() }));
  }

  private async oldest(): Promise<OldestEnvironment[]> {
    const rows = await this.database.query<(Omit<OldestEnvironment, 'since'> & { readonly since: Date })[]>(
      `select environment_id as "environmentId", external_id as "externalId", status, step, since
       from environment_list where status = any($1) order by since, environment_id limit 20`,
      [open],
    );
    return rows.map((row) => ({ ...row, since: row.since.toISOString() }));
  }

  /** An environment counts once, however often it failed in the window or was retried. */
  async failureRate(): Promise<FailureRate> {
    const { windowMinutes, thresholdPercent, least } = this.settings.failureAlarm;
    const [row] = await this.database.query<{ ended: number; failed: number }[]>(
      `select count(*)::int as ended, count(*) filter (where failed_at > since)::int as failed
       from environment_builds, (select now() - make_interval(mins => $1) as since) as w
       where failed_at > since or succeeded_at > since`,
      [windowMinutes],
    );
    const { ended, failed } = row ?? { ended: 0, failed: 0 };
    const percent = ended === 0 ? 0 : Math.round((failed / ended) * 1000) / 10;
    const exceeded = ended >= least && percent >= thresholdPercent;
    return { windowMinutes, ended, failed, percent, thresholdPercent, least, exceeded };
  }

  buildTimes(): Promise<BuildTime[]> {
    return this.database.query<BuildTime[]>(
      `select plan, region, count(*)::int as builds,
         percentile_cont(0.5) within group (order by build_seconds) as "p50Seconds",
         percentile_cont(0.95) within group (order by build_seconds) as "p95Seconds"
       from environment_builds where built_at > now() - make_interval(days => $1)
       group by plan, region order by plan, region`,
      [this.settings.buildTimeDays],
    );
  }
}
