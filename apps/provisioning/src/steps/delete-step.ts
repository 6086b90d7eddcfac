import { Inject, Injectable } from '@nestjs/common';
import type { Attempt } from '../carry-out-steps/attempt.js';
import { Clusters } from '../clusters/clusters.js';
import type { EnvironmentCommand } from '../domain/environment.decider.js';
import { CompleteDeletion } from '../domain/step-outcomes.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';
import { removeEnvironment } from './remove-environment.js';
import { outcome, type WorkingEnvironment } from './working-environment.js';

/** Deletes what an environment has in the cluster, and waits until nothing of it stands. */
@Injectable()
export class DeleteStep {
  constructor(
    private readonly clusters: Clusters,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  async delete(environment: WorkingEnvironment, attempt: Attempt): Promise<EnvironmentCommand> {
    const { identity, inventory: known } = environment;
    // It was never planned, so nothing of it stands anywhere.
    if (environment.clusterId === undefined) return outcome(CompleteDeletion, environment, attempt, { objects: [] });
    const cluster = await this.clusters.of(environment);
    const objects = await removeEnvironment(cluster, {
      environmentId: identity.environmentId,
      namespace: identity.namespace,
      known,
      patienceMs: this.settings.waitMs,
      signal: attempt.signal,
      hold: () => attempt.hold(),
      report: (pending) => attempt.report({ ready: 0, total: pending.length, pending }),
    });
    return outcome(CompleteDeletion, environment, attempt, { objects });
  }
}
