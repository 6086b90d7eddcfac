import { register } from 'prom-client';
import type { DataSource } from 'typeorm';
import { expect, it, onTestFinished } from 'vitest';
import type { MonthlyPrices } from '../environment-cost/monthly-prices.js';
import type { ProvisioningSettings } from '../settings.js';
import { Dashboard } from './dashboard.js';
import { DashboardMetrics } from './dashboard-metrics.js';

it('asks the database for what its gauges show, once for all of them, and for nothing else', async () => {
  const asked: string[] = [];
  const query = (sql: string): Promise<unknown[]> => {
    asked.push(/ from (\w+)/.exec(sql)?.[1] ?? sql);
    return Promise.resolve([]);
  };
  const prices = { now: () => Promise.resolve([]) } as unknown as MonthlyPrices;
  const settings = {
    failureAlarm: { windowMinutes: 60, thresholdPercent: 50, least: 5 },
    buildTimeDays: 30,
  } as ProvisioningSettings;
  const metrics = new DashboardMetrics(new Dashboard({ query } as unknown as DataSource, prices, settings));
  metrics.onApplicationBootstrap();
  onTestFinished(() => metrics.beforeApplicationShutdown());
  expect(await register.metrics()).toMatch(/^environment_failure_ratio 0$/m);
  // The failure rate, the build times and the states; not the list of the oldest.
  expect(asked.toSorted()).toEqual(['environment_builds', 'environment_builds', 'environment_list']);
});
