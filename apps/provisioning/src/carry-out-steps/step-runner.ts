import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { isInfrastructureError } from '#libs/event-sourcing/src/infrastructure-error.js';
import { accepted, attemptContext, insist } from '#libs/jobs/src/attempt-commands.js';
import { type EnvironmentCommand, environmentDecider, FailStep, StartStep } from '../domain/environment.decider.js';
import { KubernetesApiError, KubernetesUnreachable } from '../kubernetes/errors.js';
import { explainError } from '../kubernetes/failure-reason.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';
import { EnvironmentSteps } from '../steps/environment-steps.js';
import { Attempt, LeaseLost } from './attempt.js';
import { StepFailed } from './step-failed.js';
import type { StepJob } from './step-jobs.js';

/** So often a step is tried while the cluster does not answer. */
const clusterTries = 3;
/** So often a step is tried whose attempts never come to an end, because their process dies. */
const mostTries = 10;
const firstPauseMs = 500;
const longestPauseMs = 4_000;

/** Carries out one try of one step: lease it, work, say how it ended. */
@Injectable()
export class StepRunner {
  private readonly logger = new Logger('environments');

  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly steps: EnvironmentSteps,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  /** @param stopping aborts when the process stops; the attempt is left to its lease then */
  async run(job: StepJob, stopping: AbortSignal): Promise<void> {
    const { environmentId, step, number, correlationId } = job;
    const { leaseMs } = this.settings;
    const until = new Date(Date.now() + leaseMs);
    const origin = { process: 'provisioning', attempt: freshId(), correlationId };
    const start = { step, number, attempt: origin.attempt, leaseUntil: until.toISOString() };
    if (!(await accepted(this.commands, new StartStep(environmentId, start, attemptContext(origin, 'start'))))) return;

    const attempt = new Attempt({ ...origin, environmentId, ms: leaseMs, until }, this.commands, stopping);
    let outcome: EnvironmentCommand | undefined;
    try {
      outcome = await this.carryOut(job, attempt);
    } catch (error) {
      outcome = this.failure(error, job, attempt);
    } finally {
      await attempt.end();
    }
    if (outcome) await insist(this.commands, outcome, { forMs: leaseMs, signal: stopping });
  }

  private async carryOut(job: StepJob, attempt: Attempt): Promise<EnvironmentCommand> {
    if (job.number > mostTries) {
      throw new StepFailed({
        reason: `The step ${job.step} was tried ${mostTries} times and never came to an end`,
        whatToDo: 'Look in the log for what ends the process during this step, correct it, then retry.',
      });
    }
    const environment = await this.aggregates.load(environmentDecider, job.environmentId);
    if (!('work' in environment)) throw new LeaseLost('The environment is no longer being worked on.');
    return this.outlast(attempt, () => this.steps.carryOut(job.step, environment, attempt));
  }

  /**
   * Repeats work that the cluster does not answer for as long as a lease lasts. Tries before this one may have died
   * with their process and say nothing about the cluster, so a short absence must not end the last one.
   */
  private async outlast<Result>(attempt: Attempt, work: () => Promise<Result>): Promise<Result> {
    const deadline = Date.now() + this.settings.leaseMs;
    for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof KubernetesUnreachable) || Date.now() + pause > deadline) throw error;
        await delay(pause, undefined, { signal: attempt.signal });
      }
    }
  }

  /** What to record of an error; undefined leaves the attempt open, and its lease's end brings the next one. */
  private failure(error: unknown, { environmentId, step, number, correlationId }: StepJob, attempt: Attempt) {
    const context = { environmentId, step, number, correlationId };
    if (attempt.signal.aborted || error instanceof LeaseLost) {
      this.logger.warn({ ...context, err: error }, 'An attempt was given up');
      return undefined;
    }
    const found = this.explain(error, context);
    if (!found) {
      this.logger.warn({ ...context, err: error }, 'Something outside is away; the step is tried again');
      return undefined;
    }
    this.logger.warn({ ...context, ...found }, 'An environment needs attention');
    const { object, reason, whatToDo } = found;
    const data = { attempt: attempt.id, step, ...(object !== undefined && { object }), reason, whatToDo };
    return new FailStep(environmentId, data, attempt.context('outcome'));
  }

  private explain(error: unknown, { number, ...job }: StepJob): StepFailed['failure'] | undefined {
    if (error instanceof StepFailed) return error.failure;
    if (error instanceof KubernetesApiError || error instanceof KubernetesUnreachable) {
      const object = error instanceof KubernetesApiError ? error.object : `Cluster ${error.server}`;
      const found = explainError(error, object);
      return found.class === 'transient' && number < clusterTries ? undefined : found;
    }
    if (isInfrastructureError(error)) return undefined;
    // Messages of errors that nobody foresaw may hold anything, a secret too: they stay in the log.
    this.logger.error({ ...job, err: error }, 'A step broke');
    return {
      reason: `The program broke while it carried out the step ${job.step}`,
      whatToDo: `Look in the log for the correlation id ${job.correlationId}, correct the cause, then retry.`,
    };
  }
}
