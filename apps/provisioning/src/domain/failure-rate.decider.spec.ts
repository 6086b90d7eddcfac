import { describe, it } from 'vitest';
import type { FailureRateEvent } from '#libs/events/src/provisioning.js';
import { given, testContext } from '#libs/testing/src/given.js';
import { failureRateDecider, failureRateId, ReportFailureRate } from './failure-rate.decider.js';

const measured = { ended: 10, failed: 4, percent: 40, thresholdPercent: 20, windowMinutes: 60 };
const report = (exceeded: boolean) => new ReportFailureRate(failureRateId, { ...measured, exceeded }, testContext());
const exceeded: FailureRateEvent = { type: 'failure_rate.exceeded', data: measured };
const recovered: FailureRateEvent = { type: 'failure_rate.recovered', data: measured };

describe('the failure rate', () => {
  it('is told when it reaches the threshold, and once', () => {
    given(failureRateDecider).when(report(true)).then(exceeded);
    given(failureRateDecider, exceeded).when(report(true)).thenNothing();
  });

  it('is told when it is below again, and once', () => {
    given(failureRateDecider, exceeded).when(report(false)).then(recovered);
    given(failureRateDecider).when(report(false)).thenNothing();
    given(failureRateDecider, exceeded, recovered).when(report(false)).thenNothing();
  });

  it('is told again the next time', () =>
    given(failureRateDecider, exceeded, recovered).when(report(true)).then(exceeded));
});
