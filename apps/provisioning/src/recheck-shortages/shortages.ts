import { Injectable } from '@nestjs/common';
import { ClusterChoice } from '../clusters/cluster-choice.js';
import type { EnvironmentState } from '../domain/environment.js';
import { classify } from '../kubernetes/classify.js';
import { KubernetesApiError, KubernetesUnreachable } from '../kubernetes/errors.js';
import type { Failure } from '../kubernetes/failure-reason.js';
import { ClusterSteps } from '../steps/cluster-steps.js';
import { EnvironmentPlanner } from '../steps/environment-planner.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import { WaitStep } from '../steps/wait-step.js';

export type ShortEnvironment = Extract<EnvironmentState, { readonly status: 'needs_attention' }>;

/** Tells whether an environment still lacks room, without changing anything. */
@Injectable()
export class Shortages {
  constructor(
    private readonly planner: EnvironmentPlanner,
    private readonly cluster: ClusterSteps,
    private readonly waiting: WaitStep,
    private readonly choice: ClusterChoice,
  ) {}

  /** Why there is none yet, in words; undefined when there is, or when something else is in the way by now. */
  async find(environment: ShortEnvironment, signal: AbortSignal): Promise<string | undefined> {
    try {
      const found = await this.look(environment, signal);
      return found?.class === 'resource_shortage' ? found.reason : undefined;
    } catch (error) {
      const found = explained(error);
      if (!found) throw error;
      // A cluster that does not answer says nothing of its room. Any other failure is for the step itself to tell.
      return ['resource_shortage', 'transient'].includes(found.class) ? found.reason : undefined;
    }
  }

  private async look(environment: ShortEnvironment, signal: AbortSignal): Promise<Failure | undefined> {
    // Only the provider knows; the next try asks.
    if (environment.step === 'infrastructure') return undefined;
    if (environment.step === 'wait' || environment.step === 'smoke') {
      return (await this.waiting.look(environment, signal)).failure;
    }
    const { objects } = await this.planner.plan(environment);
    if (environment.clusterId === undefined) {
      await this.choice.look(environment.identity);
      return undefined;
    }
    await this.cluster.rehearse(environment, objects, signal);
    return undefined;
  }
}

function explained(error: unknown): StepFailed['failure'] | undefined {
  if (error instanceof StepFailed) return error.failure;
  if (error instanceof KubernetesApiError) return classify({ from: 'answer', error, about: error.object }, new Date());
  if (error instanceof KubernetesUnreachable) {
    return classify({ from: 'answer', error, about: `Cluster ${error.server}` }, new Date());
  }
  return undefined;
}
