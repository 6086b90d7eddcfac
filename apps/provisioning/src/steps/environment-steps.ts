import { Inject, Injectable, Optional } from '@nestjs/common';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EnvironmentStep } from '#libs/events/src/provisioning.js';
import type { Attempt } from '../carry-out-steps/attempt.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import { ClusterChoice } from '../clusters/cluster-choice.js';
import type { EnvironmentCommand } from '../domain/environment.decider.js';
import { CompletePlan, CompleteValidation } from '../domain/step-outcomes.js';
import { GitOpsSteps } from '../gitops/gitops-steps.js';
import { nameOf } from '../manifests/diff.js';
import { refusedInPlace } from '../manifests/in-place.js';
import { planMistakes } from '../manifests/validate.js';
import { InfrastructureStep } from '../terraform/infrastructure-step.js';
import { ClusterSteps } from './cluster-steps.js';
import { DeleteStep } from './delete-step.js';
import { EnvironmentPlanner } from './environment-planner.js';
import { ExportStep } from './export-step.js';
import { WaitStep } from './wait-step.js';
import { stepDone, type WorkingEnvironment } from './working-environment.js';

/** The work behind each step; every one answers the command that records how it ended. */
@Injectable()
export class EnvironmentSteps {
  constructor(
    private readonly planner: EnvironmentPlanner,
    private readonly cluster: ClusterSteps,
    private readonly waiting: WaitStep,
    private readonly exporting: ExportStep,
    private readonly deletion: DeleteStep,
    private readonly choice: ClusterChoice,
    /** Absent where we apply manifests ourselves. */
    @Optional() @Inject(GitOpsSteps) private readonly gitOps: GitOpsSteps | undefined,
    private readonly infrastructure: InfrastructureStep,
  ) {}

  /** @throws StepFailed, KubernetesApiError, KubernetesUnreachable, LeaseLost */
  async carryOut(
    step: EnvironmentStep,
    environment: WorkingEnvironment,
    attempt: Attempt,
  ): Promise<EnvironmentCommand> {
    switch (step) {
      case 'plan':
        return this.plan(environment, attempt);
      case 'infrastructure':
        return this.infrastructure.build(environment, attempt);
      case 'validate':
        return this.validate(environment, attempt);
      case 'dry-run':
        return this.cluster.dryRun(environment, attempt);
      case 'apply':
        return this.gitOps ? this.gitOps.apply(environment, attempt) : this.cluster.applyAll(environment, attempt);
      case 'wait': {
        const up = await this.waiting.wait(environment, attempt);
        if (!this.gitOps) await this.cluster.tighten(environment, attempt);
        return up;
      }
      case 'smoke':
        return this.cluster.smoke(environment, attempt);
      case 'export':
        return this.exporting.export(environment, attempt);
      case 'delete':
        return this.delete(environment, attempt);
      default:
        return unreachable(step);
    }
  }

  private delete(environment: WorkingEnvironment, attempt: Attempt): Promise<EnvironmentCommand> {
    const empty = async (): Promise<EnvironmentCommand> => {
      await this.gitOps?.takeOut(environment, attempt);
      return this.deletion.delete(environment, attempt);
    };
    return environment.infrastructure ? this.infrastructure.delete(environment, attempt, empty) : empty();
  }

  private async plan(environment: WorkingEnvironment, attempt: Attempt): Promise<EnvironmentCommand> {
    const { identity, settled, mode } = environment;
    const [impossible] =
      settled && mode !== 'retired' ? refusedInPlace(settled.terms, identity.terms, identity.namespace) : [];
    if (impossible) throw new StepFailed({ class: 'configuration', ...impossible });
    const first = await this.infrastructure.request(environment, attempt);
    if (first) return first;
    const { objects, hash, credential } = await this.planner.plan(environment);
    const home = environment.clusterId ?? (await this.choice.choose(environment.identity));
    return stepDone(CompletePlan, environment, attempt, {
      clusterId: home,
      objects: objects.map(nameOf),
      planHash: hash,
      credential,
    });
  }

  private async validate(environment: WorkingEnvironment, attempt: Attempt): Promise<EnvironmentCommand> {
    const { objects } = await this.planner.recorded(environment);
    const [first, ...more] = planMistakes(objects);
    if (!first) return stepDone(CompleteValidation, environment, attempt, { objects: objects.length });
    const others = more.length === 0 ? '' : ` (and ${more.length} more mistakes)`;
    throw new StepFailed({
      class: 'configuration',
      object: first.object,
      reason: `The plan is wrong: ${first.reason}${others}`,
      whatToDo: 'Correct the catalogue or the contract, then retry.',
    });
  }
}
