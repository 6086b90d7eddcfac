import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { attemptContext } from '#libs/jobs/src/attempt-commands.js';
import { failureRateDecider, failureRateId, ReportFailureRate } from '../domain/failure-rate.decider.js';
import { Dashboard } from '../environment-dashboard/dashboard.js';

/** Token of the sweep's reconciler. */
export const FAILURE_RATE_SWEEP = Symbol('failure rate sweep');

/** Puts it on record when the failure rate crosses the threshold, so that operators are told. */
@Injectable()
export class WatchFailureRate {
  constructor(
    private readonly dashboard: Dashboard,
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
  ) {}

  /** Of instances that see the same at the same time the second one finds it told. */
  async sweep(): Promise<void> {
    const { least: _least, ...rate } = await this.dashboard.failureRate();
    const { status } = await this.aggregates.load(failureRateDecider, failureRateId);
    if (rate.exceeded === (status === 'exceeded')) return;
    const attempt = freshId();
    const context = attemptContext({ process: 'provisioning', attempt, correlationId: attempt }, 'report');
    await this.commands.execute(new ReportFailureRate(failureRateId, rate, context));
  }
}
