import { Command } from '#libs/event-sourcing/src/command.js';
import { type Decider, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { FailureRateEvent, MeasuredFailureRate } from '#libs/events/src/provisioning.js';

/** Target of every command: one stream for all environments. */
export const failureRateId = 'environments';

/** What the read models say now. Nothing follows while it stays on the same side of the threshold. */
export class ReportFailureRate extends Command<MeasuredFailureRate & { readonly exceeded: boolean }> {
  override readonly type = 'report_failure_rate';
}

export type FailureRateState = { readonly status: 'normal' } | { readonly status: 'exceeded' };

export const failureRateDecider: Decider<FailureRateState, ReportFailureRate, FailureRateEvent, never> = {
  category: 'failure-rate',
  initialState: { status: 'normal' },

  decide({ data: { exceeded, ...measured } }, { status }) {
    if (exceeded === (status === 'exceeded')) return [];
    return [{ type: exceeded ? 'failure_rate.exceeded' : 'failure_rate.recovered', data: measured }];
  },

  evolve(_state, event) {
    switch (event.type) {
      case 'failure_rate.exceeded':
        return { status: 'exceeded' };
      case 'failure_rate.recovered':
        return { status: 'normal' };
      default:
        return unreachable(event);
    }
  },
};
