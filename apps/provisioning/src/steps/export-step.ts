import { Inject, Injectable } from '@nestjs/common';
import type { Attempt } from '../carry-out-steps/attempt.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import { Clusters } from '../clusters/clusters.js';
import type { EnvironmentCommand } from '../domain/environment.decider.js';
import { CompleteExport } from '../domain/step-outcomes.js';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { describeRef, refOfKind } from '../kubernetes/resources.js';
import { names } from '../manifests/blueprint.js';
import { type ExportContainer, exportObjects, exportUrl, locationAnnotation } from '../manifests/export-job.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';
import { fieldManager } from './apply-object.js';
import { EnvironmentPlanner } from './environment-planner.js';
import { runJob } from './run-job.js';
import { outcome, type WorkingEnvironment } from './working-environment.js';

/** Hands out what a customer has in their environment, before nothing runs in it any more. */
@Injectable()
export class ExportStep {
  constructor(
    private readonly clusters: Clusters,
    private readonly planner: EnvironmentPlanner,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  /** It can be repeated: an export that is complete is not made again. */
  async export(environment: WorkingEnvironment, attempt: Attempt): Promise<EnvironmentCommand> {
    const { identity } = environment;
    const cluster = await this.clusters.of(environment);
    const volume = refOfKind({ kind: 'PersistentVolumeClaim', name: names.files, namespace: identity.namespace });
    if (!(await cluster.get(volume, attempt.signal))) {
      // The environment never got so far; there is nothing of the customer's in it.
      return outcome(CompleteExport, environment, attempt, { location: `none: there is no ${describeRef(volume)}` });
    }
    const { exportUrl: base } = this.settings;
    const container = this.planned(environment) ?? (await containerThatStands(cluster, environment, attempt.signal));
    const destination = base === undefined ? undefined : exportUrl(base, identity);
    const objects = exportObjects({ identity, ...container }, destination);
    await attempt.report({ ready: 0, total: 1, pending: [`Job ${names.export} in ${identity.namespace}: it runs`] });
    const job = await runJob(cluster, {
      objects,
      apply: (object) => cluster.apply(object, { fieldManager, force: true, signal: attempt.signal }),
      signal: attempt.signal,
      hold: () => attempt.hold(),
      patienceMs: this.settings.waitMs,
    });
    const location = job.metadata.annotations?.[locationAnnotation] ?? describeRef({ ...volume, kind: 'Job' });
    return outcome(CompleteExport, environment, attempt, { location });
  }

  /** Undefined when the plan is not sold any more. */
  private planned(environment: WorkingEnvironment): ExportContainer | undefined {
    const offered = this.planner.offered(environment);
    if (!offered) return undefined;
    const { cpu, memory } = offered.plan.resources;
    const requests = { cpu: cpu.request, memory: memory.request };
    return { image: offered.image, resources: { requests, limits: { cpu: cpu.limit, memory: memory.limit } } };
  }
}

/**
 * A contract may end long after its plan was sold for the last time: what served the files can read them.
 * @throws StepFailed when nothing serves them any more
 */
async function containerThatStands(
  cluster: KubernetesClient,
  { identity: { namespace, terms } }: WorkingEnvironment,
  signal: AbortSignal,
): Promise<ExportContainer> {
  const ref = refOfKind({ kind: 'Deployment', name: names.files, namespace });
  const spec = (await cluster.get(ref, signal))?.['spec'] as DeploymentSpec | undefined;
  const [container] = spec?.template.spec.containers ?? [];
  if (container) return { image: container.image, resources: container.resources ?? {} };
  throw new StepFailed({
    class: 'configuration',
    object: describeRef(ref),
    reason: `The catalogue has no plan "${terms.plan}" any more, and the files have no server that tells what can read them`,
    whatToDo: `Add the plan "${terms.plan}" to the catalogue, then retry; or hand the files out by hand, then resolve.`,
  });
}

interface DeploymentSpec {
  readonly template: {
    readonly spec: { readonly containers: readonly (Pick<ExportContainer, 'image'> & Partial<ExportContainer>)[] };
  };
}
