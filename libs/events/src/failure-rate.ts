import type { EventOf, EventTable } from './event-table.js';

/** How many environments of those whose work ended in the newest `windowMinutes` came to need attention. */
export interface MeasuredFailureRate {
  readonly ended: number;
  readonly failed: number;
  readonly percent: number;
  readonly thresholdPercent: number;
  readonly windowMinutes: number;
}

export interface FailureRateEvents {
  'failure_rate.exceeded': MeasuredFailureRate;
  'failure_rate.recovered': MeasuredFailureRate;
}

export type FailureRateEvent = EventOf<FailureRateEvents>;

export const failureRateEvents: EventTable<FailureRateEvents> = {
  'failure_rate.exceeded': { version: 1, description: 'So many environments fail that the threshold is reached.' },
  'failure_rate.recovered': { version: 1, description: 'Fewer environments fail than the threshold says.' },
};
