import type { Bench } from '../bench.js';
import { percentile } from '../statistics.js';
import { type EnvironmentLog, instantOf, keepInFlight } from './environment-log.js';
import type { ProvisioningSettings } from './settings.js';

export interface TogetherFigures {
  readonly environmentsPerHour: number;
  readonly signedToAppliedMsP50: number;
  readonly signedToAppliedMsP95: number;
}

/** Many at once: how many become ready, and how long each takes from its contract to its objects in the cluster. */
export async function measureTogether(
  bench: Bench,
  log: EnvironmentLog,
  { together, inFlight }: ProvisioningSettings,
): Promise<TogetherFigures> {
  const histories = await keepInFlight(together, inFlight, () => log.run('environment.ready'));
  const signed = histories.map((events) => instantOf(events, 'contract.signed'));
  const ready = histories.map((events) => instantOf(events, 'environment.ready'));
  const applied = histories.map((events, index) => instantOf(events, 'environment.applied') - signed[index]!);
  const ms = Math.max(...ready) - Math.min(...signed);
  const [p50, p95] = [percentile(applied, 0.5), percentile(applied, 0.95)];
  bench.report(
    `${together} environments, ${inFlight} in flight: ${ms} ms; signed to applied p50 ${p50} ms, p95 ${p95} ms`,
  );
  const environmentsPerHour = (together * 3_600_000) / ms;
  return { environmentsPerHour, signedToAppliedMsP50: p50, signedToAppliedMsP95: p95 };
}
