import type { Attempt } from '../carry-out-steps/attempt.js';
import type { EnvironmentCommand } from '../domain/environment.decider.js';
import { CompleteApply } from '../domain/step-outcomes.js';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { refOfKind } from '../kubernetes/resources.js';
import { nameOf } from '../manifests/diff.js';
import { type AppliedObject, appliedObject, applyObject } from '../steps/apply-object.js';
import type { EnvironmentPlanner } from '../steps/environment-planner.js';
import { pruneAfterApply } from '../steps/prune.js';
import { withStandingVolume } from '../steps/standing-volume.js';
import { stepDone, type WorkingEnvironment } from '../steps/working-environment.js';
import { type SyncWatch, untilApplied, untilPruned } from './controller-sync.js';
import { folderContent, isPruned } from './folder-content.js';
import { GitOpsFolder } from './gitops-folder.js';
import type { GitOpsSettings } from './gitops-settings.js';

/** What changes the cluster where a GitOps controller applies what we write. */
export class GitOpsSteps {
  private readonly folder: GitOpsFolder;

  constructor(
    private readonly settings: GitOpsSettings,
    private readonly clusters: { of(environment: WorkingEnvironment): Promise<KubernetesClient> },
    private readonly planner: EnvironmentPlanner,
  ) {
    this.folder = new GitOpsFolder(settings);
  }

  /** Writes the folder and waits until the controller has applied it. What may not stand in it is applied by us. */
  async apply(environment: WorkingEnvironment, attempt: Attempt): Promise<EnvironmentCommand> {
    const { identity } = environment;
    const { objects: planned } = await this.planner.recorded(environment);
    const cluster = await this.clusters.of(environment);
    const desired = await withStandingVolume(cluster, environment.mode, planned, attempt.signal);
    const content = folderContent(identity, desired);
    // First, so that what the controller starts finds its settings.
    const direct: AppliedObject[] = [];
    for (const object of content.direct) {
      attempt.hold();
      direct.push(appliedObject(await applyObject(cluster, object, attempt.signal, { compare: true })));
    }
    const { outcomes } = await this.folder.write(environment, content, () => attempt.hold());
    const written = content.written.map(({ object }) => object);
    const standing = await untilApplied(written, this.watch(cluster, attempt));
    const applied: readonly AppliedObject[] = content.written
      .filter(({ object }) => object.kind !== 'Namespace')
      .map(({ file, object }) => ({
        ...nameOf(object),
        uid: standing.get(object)?.metadata.uid ?? '',
        outcome: outcomes.get(file) ?? 'unchanged',
      }));
    // What the controller does not prune would stay for ever.
    const pruned = await pruneAfterApply(cluster, environment, desired, attempt);
    return stepDone(CompleteApply, environment, attempt, { objects: [...direct, ...applied], ...pruned });
  }

  /** Removes the folder, and waits until the controller does not bring back any more what is deleted then. */
  async takeOut(environment: WorkingEnvironment, attempt: Attempt): Promise<void> {
    const { identity, inventory, clusterId } = environment;
    await this.folder.remove(environment, () => attempt.hold());
    // It was never planned, so nothing of it stands anywhere.
    if (clusterId === undefined) return;
    const cluster = await this.clusters.of(environment);
    const pruned = inventory.filter(({ kind, namespace }) => isPruned({ kind }) && namespace === identity.namespace);
    await untilPruned(
      pruned.map(({ uid: _uid, ...name }) => refOfKind(name)),
      this.watch(cluster, attempt),
    );
  }

  /** The controller may take minutes, in which others need the place of this environment. */
  private watch(cluster: KubernetesClient, attempt: Attempt): SyncWatch {
    attempt.leavePlace();
    return {
      cluster,
      patienceMs: this.settings.syncMs,
      signal: attempt.signal,
      hold: () => attempt.hold(),
      report: (ready, total, pending) => attempt.report({ ready, total, pending }),
    };
  }
}
