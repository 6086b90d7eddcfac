import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { Refusal } from '#libs/event-sourcing/src/decider.js';
import { CommandRefused } from '#libs/event-sourcing/src/errors.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import type { EnvironmentStep } from '#libs/events/src/provisioning.js';
import { isInfrastructureError } from '#libs/event-sourcing/src/infrastructure-error.js';
import { type AttemptOrigin, accepted, attemptContext, insist } from '#libs/jobs/src/attempt-commands.js';
import type { EnvironmentState, Work } from '../domain/environment.js';
import { type EnvironmentCommand, environmentDecider } from '../domain/environment.decider.js';
import { FailStep, PostponeStep } from '../domain/failure-handling.js';
import { StopAttempt } from '../domain/life-cycle.js';
import { StartStep } from '../domain/step-outcomes.js';
import { Clusters } from '../clusters/clusters.js';
import { defaultCluster } from '../domain/cluster.js';
import { ClusterAway, KubernetesApiError, KubernetesUnreachable } from '../kubernetes/errors.js';
import { classify } from '../kubernetes/classify.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';
import { EnvironmentPlanner } from '../steps/environment-planner.js';
import { EnvironmentSteps } from '../steps/environment-steps.js';
import type { WorkingEnvironment } from '../steps/working-environment.js';
import { Attempt, LeaseLost } from './attempt.js';
import { Lanes } from './lanes.js';
import { Overtakings, type Watch } from './overtaken.js';
import type { Place } from './places.js';
import { StepFailed } from './step-failed.js';
import type { StepJob } from './step-jobs.js';

/** So often a step is tried whose attempts never come to an end, because their process dies. */
const mostTries = 10;
const firstPauseMs = 500;
const longestPauseMs = 4_000;

/** An environment in the hands of this process, which holds the lease of the step that is due. */
interface InHand {
  readonly environment: WorkingEnvironment;
  readonly work: Work & Required<Pick<Work, 'lease'>>;
  readonly correlationId: string;
  /** Aborts when something else is wanted of the environment. */
  readonly overtaken: AbortSignal;
}

/**
 * Works on an environment from the step that is due to the end: leases the step, works, says how it ended and leases
 * the next one in the same append. A process that dies leaves the lease of one step behind.
 */
@Injectable()
export class StepRunner {
  private readonly logger = new Logger('environments');

  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly steps: EnvironmentSteps,
    private readonly planner: EnvironmentPlanner,
    private readonly lanes: Lanes,
    private readonly clusters: Clusters,
    private readonly overtakings: Overtakings,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  /** @param stopping aborts when the process stops; the attempt is left to its lease then */
  async run(job: StepJob, stopping: AbortSignal): Promise<void> {
    const place = await this.lanes.placeFor(job);
    if (!place) return;
    const watch = this.overtakings.watch(job.environmentId);
    try {
      await place.enter(job.step);
      let inHand = stopping.aborted ? undefined : await this.begin(job, watch);
      while (inHand) {
        inHand = await this.carryOn(inHand, place, stopping);
        if (inHand) place.leaveFor(inHand.work.step);
      }
    } finally {
      place.leave();
      watch.close();
    }
  }

  /** Undefined when the job's try is done, not due or in other hands. */
  private async begin(
    { environmentId, step, number, correlationId }: StepJob,
    watch: Watch,
  ): Promise<InHand | undefined> {
    const origin = originOf(freshId(), correlationId);
    const leaseUntil = new Date(Date.now() + this.settings.leaseMs).toISOString();
    const start = { step, number, attempt: origin.attempt, leaseUntil };
    const command = new StartStep(environmentId, start, attemptContext(origin, 'start'));
    const started = await accepted(this.commands, command);
    if (!started) return undefined;
    const environment = await this.aggregates.load(environmentDecider, environmentId);
    const inHand = inHandOf(environment, correlationId, watch.after(started.revision));
    if (inHand?.work.lease.attempt === origin.attempt) return inHand;
    await this.letGo(environmentId, origin);
    return undefined;
  }

  /** Carries out the step that is due. Answers the environment as it is then, when the next step is in hand too. */
  private async carryOn(inHand: InHand, place: Place, stopping: AbortSignal): Promise<InHand | undefined> {
    const { environment, work, correlationId, overtaken } = inHand;
    const { environmentId } = environment.identity;
    const { leaseMs } = this.settings;
    const lease = { environmentId, ms: leaseMs, until: new Date(work.lease.until) };
    const origin = originOf(work.lease.attempt, correlationId);
    const ending = AbortSignal.any([stopping, overtaken]);
    const attempt = new Attempt({ ...origin, ...lease }, this.commands, ending, () => place.makeRoom());
    let outcome: EnvironmentCommand | undefined;
    try {
      outcome = await this.carryOut(inHand, attempt);
    } catch (error) {
      outcome = this.failure(error, inHand, attempt, stopping);
    } finally {
      await attempt.end();
    }
    try {
      if (outcome) {
        await insist(this.commands, outcome, { forMs: leaseMs, signal: stopping });
        return inHandOf(after(environment, outcome), correlationId, overtaken);
      }
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      this.logger.warn({ environmentId, step: work.step, correlationId, err: error }, 'An attempt was given up');
    }
    if (!stopping.aborted) await this.letGo(environmentId, origin);
    return undefined;
  }

  /** Says that this attempt does nothing more. It makes a difference where it was overtaken: others may begin now. */
  private async letGo(environmentId: string, origin: AttemptOrigin): Promise<void> {
    const { attempt } = origin;
    const command = new StopAttempt(environmentId, { attempt }, attemptContext(origin, 'stop'));
    await insist(this.commands, command, { forMs: this.settings.leaseMs });
  }

  private async carryOut({ environment, work }: InHand, attempt: Attempt): Promise<EnvironmentCommand> {
    const { tries, failures, postponed = 0 } = work;
    if (tries - failures - postponed > mostTries) {
      throw new StepFailed({
        class: 'configuration',
        reason: `The step ${work.step} was tried ${mostTries} times and never came to an end`,
        whatToDo: 'Look in the log for what ends the process during this step, correct it, then retry.',
      });
    }
    return this.outlast(attempt, () => this.steps.carryOut(work.step, environment, attempt));
  }

  /**
   * Repeats work that the cluster does not answer for as long as a lease lasts. Tries before this one may have died
   * with their process and say nothing about the cluster, so a short absence must not end the last one.
   */
  private async outlast<Result>(attempt: Attempt, work: () => Promise<Result>): Promise<Result> {
    const { leaseMs } = this.settings;
    const deadline = Date.now() + leaseMs;
    for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof KubernetesUnreachable) || Date.now() + pause > deadline) throw error;
        // Nobody knows when it is back; whoever comes later need not wait for that here.
        if (error instanceof ClusterAway && Date.now() - error.since.getTime() > leaseMs) throw error;
        await delay(pause, undefined, { signal: attempt.signal });
      }
    }
  }

  /** What to record of an error; undefined leaves the attempt open, and its lease's end brings the next one. */
  private failure(
    error: unknown,
    { environment, work, correlationId }: InHand,
    attempt: Attempt,
    stopping: AbortSignal,
  ): FailStep | PostponeStep | undefined {
    const { environmentId } = environment.identity;
    const { step, tries: number } = work;
    const context = { environmentId, step, number, correlationId };
    if (stopping.aborted) {
      this.logger.log(context, 'This process stops; another one goes on with the step when the lease runs out');
      return undefined;
    }
    if (attempt.signal.aborted || error instanceof LeaseLost) {
      this.logger.warn({ ...context, err: error }, 'An attempt was given up');
      return undefined;
    }
    const { clusterId = defaultCluster } = environment;
    if (error instanceof KubernetesUnreachable && this.clusters.seen(clusterId)?.breaker.closed) {
      this.logger.warn({ ...context, clusterId, err: error }, 'A step waits for its cluster');
      const data = { attempt: attempt.id, step, clusterId, reason: error.message };
      return new PostponeStep(environmentId, data, attempt.context('outcome'));
    }
    const found = this.explain(error, { step, correlationId, environmentId, number });
    if (!found) {
      this.logger.warn({ ...context, err: error }, 'Something outside is away; the step is tried again');
      return undefined;
    }
    this.logger.warn({ ...context, ...found }, 'A step failed');
    return this.failStep(environment, step, attempt, found, error);
  }

  private failStep(
    { identity }: WorkingEnvironment,
    step: EnvironmentStep,
    attempt: Attempt,
    found: StepFailed['failure'],
    error: unknown,
  ): FailStep {
    const { retryMs, recheckMs } = this.settings;
    const seconds = error instanceof KubernetesApiError ? error.retryAfterSeconds : undefined;
    const data = {
      attempt: attempt.id,
      step,
      ...found,
      retry: { firstMs: retryMs, jitter: Math.random(), ...(seconds !== undefined && { afterMs: seconds * 1_000 }) },
      recheck: { firstMs: recheckMs, jitter: Math.random() },
      images: this.planner.imagesOf(identity),
    };
    return new FailStep(identity.environmentId, data, attempt.context('outcome'));
  }

  private explain(error: unknown, job: StepJob): StepFailed['failure'] | undefined {
    if (error instanceof StepFailed) return error.failure;
    if (error instanceof KubernetesApiError || error instanceof KubernetesUnreachable) {
      const object = error instanceof KubernetesApiError ? error.object : `Cluster ${error.server}`;
      return classify({ from: 'answer', error, about: object }, new Date());
    }
    if (isInfrastructureError(error)) return undefined;
    // Messages of errors that nobody foresaw may hold anything, a secret too: they stay in the log.
    this.logger.error({ ...job, err: error }, 'A step broke');
    return {
      class: 'configuration',
      reason: `The program broke while it carried out the step ${job.step}`,
      whatToDo: `Look in the log for the correlation id ${job.correlationId}, correct the cause, then retry.`,
    };
  }
}

function originOf(attempt: string, correlationId: string): AttemptOrigin {
  return { process: 'provisioning', attempt, correlationId };
}

function inHandOf(environment: EnvironmentState, correlationId: string, overtaken: AbortSignal): InHand | undefined {
  if (!('work' in environment)) return undefined;
  const { lease, ...work } = environment.work;
  return lease && { environment, work: { ...work, lease }, correlationId, overtaken };
}

/** What the log says now: the outcome was accepted, so it was decided there on the state that it is decided on here. */
function after(environment: EnvironmentState, outcome: EnvironmentCommand): EnvironmentState {
  const events = environmentDecider.decide(outcome, environment);
  if (events instanceof Refusal) throw new Error(`An outcome that was accepted is refused: ${events.detail}`);
  return events.reduce(environmentDecider.evolve, environment);
}
