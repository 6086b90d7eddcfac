import { Inject, Injectable } from '@nestjs/common';
import type { Attempt } from '../carry-out-steps/attempt.js';
import { Clusters } from '../clusters/clusters.js';
import type { EnvironmentCommand } from '../domain/environment.decider.js';
import { CompleteExport } from '../domain/step-outcomes.js';
import { describeRef, refOfKind } from '../kubernetes/resources.js';
import { names } from '../manifests/blueprint.js';
import { exportObjects, exportUrl, locationAnnotation } from '../manifests/export-job.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';
import { fieldManager } from './cluster-steps.js';
import { EnvironmentPlanner } from './environment-planner.js';
import { runJob } from './run-job.js';
import { stepDone, type WorkingEnvironment } from './working-environment.js';

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
      return stepDone(CompleteExport, environment, attempt, { location: `none: there is no ${describeRef(volume)}` });
    }
    const { exportUrl: base } = this.settings;
    const objects = exportObjects(
      { identity, ...this.planner.sold(environment) },
      base === undefined ? undefined : exportUrl(base, identity),
    );
    await attempt.report({ ready: 0, total: 1, pending: [`Job ${names.export} in ${identity.namespace}: it runs`] });
    const job = await runJob(cluster, {
      objects,
      apply: (object) => cluster.apply(object, { fieldManager, force: true, signal: attempt.signal }),
      signal: attempt.signal,
      hold: () => attempt.hold(),
    });
    const location = job.metadata.annotations?.[locationAnnotation] ?? describeRef({ ...volume, kind: 'Job' });
    return stepDone(CompleteExport, environment, attempt, { location });
  }
}
