import { Inject, Injectable, Logger } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { accepted, attemptContext } from '#libs/jobs/src/attempt-commands.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import { isAtRest, RecordDrift } from '../domain/drift.js';
import { environmentDecider } from '../domain/environment.decider.js';
import { KubernetesApiError, KubernetesUnreachable } from '../kubernetes/errors.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';
import type { Known } from '../domain/environment.js';
import { DriftFinder, type FoundDrift } from './drift-finder.js';

/** One look at one environment. */
export interface DriftJob {
  readonly environmentId: string;
}

/** Looks whether somebody changed an environment at rest by hand, and puts on record what is found. */
@Injectable()
export class DriftRunner {
  private readonly logger = new Logger('drift');

  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly finder: DriftFinder,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  async run({ environmentId }: DriftJob, signal: AbortSignal): Promise<void> {
    const state = await this.aggregates.load(environmentDecider, environmentId);
    if (!isAtRest(state)) return;
    const found = await this.look(state, signal);
    // Another hash: the catalogue or the program changed since, and it is for the next change to bring that about.
    if (!found || found.planHash !== state.plan?.hash) return;
    const correct = this.settings.drift === 'correct';
    const attempt = freshId();
    const context = attemptContext({ process: 'provisioning', attempt, correlationId: attempt }, 'drift');
    const data = { ...found, appliesBegun: state.appliesBegun, correct };
    await accepted(this.commands, new RecordDrift(environmentId, data, context));
  }

  /** Undefined when the cluster gives no answer to it; the next look may get one. */
  private async look(state: Known, signal: AbortSignal): Promise<FoundDrift | undefined> {
    try {
      return await this.finder.find(state, signal);
    } catch (error) {
      const passes = [StepFailed, KubernetesApiError, KubernetesUnreachable].some((type) => error instanceof type);
      if (!passes) throw error;
      const { environmentId } = state.identity;
      this.logger.warn({ environmentId, err: error }, 'An environment could not be looked at for changes by hand');
      return undefined;
    }
  }
}
