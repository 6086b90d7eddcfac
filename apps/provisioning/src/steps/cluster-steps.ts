import { Injectable } from '@nestjs/common';
import type { Attempt } from '../carry-out-steps/attempt.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import { Clusters } from '../clusters/clusters.js';
import type { EnvironmentCommand } from '../domain/environment.decider.js';
import type { Known } from '../domain/environment.js';
import { CompleteApply, CompleteDryRun, CompleteSmoke } from '../domain/step-outcomes.js';
import type { Applied } from '../kubernetes/kubernetes-client.js';
import { describeRef, refOf } from '../kubernetes/resources.js';
import { environmentLabel, names } from '../manifests/blueprint.js';
import { type Manifest, waves } from '../manifests/manifest.js';
import { appliedObject, applyObject, fieldManager, withoutBadWarnings } from './apply-object.js';
import { ApprovalGate } from './approval-gate.js';
import { EnvironmentPlanner } from './environment-planner.js';
import { refuseForeignNamespace } from './foreign-namespace.js';
import { inParallel } from './in-parallel.js';
import { pruneAfterApply } from './prune.js';
import { rehearse } from './rehearsal.js';
import { withStandingVolume } from './standing-volume.js';
import { QuotaRoom } from './quota-room.js';
import { outcome, stepDone, type WorkingEnvironment } from './working-environment.js';

/** The steps that change the cluster or ask it. */
@Injectable()
export class ClusterSteps {
  constructor(
    private readonly clusters: Clusters,
    private readonly planner: EnvironmentPlanner,
    private readonly gate: ApprovalGate,
  ) {}

  /** A server-side dry run needs the Namespace to stand, so that one object is applied for real. */
  async dryRun(environment: WorkingEnvironment, attempt: Attempt): Promise<EnvironmentCommand> {
    const { objects } = await this.planner.recorded(environment);
    const [namespace] = objects;
    if (!namespace) throw new Error('The plan is empty.');
    const cluster = await this.clusters.of(environment);
    const standing = await cluster.get(refOf(namespace), attempt.signal);
    if (standing) refuseForeignNamespace(standing, namespace.metadata.labels?.[environmentLabel]);
    attempt.hold();
    const first = await applyObject(cluster, namespace, attempt.signal);
    const compare = this.gate.guards(environment);
    const answers = await this.rehearse(environment, objects, attempt.signal, compare);
    const warnings = [first, ...answers].flatMap((answer) => answer.warnings);
    const approval = compare ? this.gate.question(environment, answers) : undefined;
    const passed = { objects: objects.length, warnings, ...(approval && { approval }) };
    return stepDone(CompleteDryRun, environment, attempt, passed);
  }

  /**
   * Asks whether the cluster would take everything but the Namespace, which stands, and whether there is room for it.
   * Nothing is changed. The answers have what stands beside what would stand, for `diff`.
   * @param compare tells what would stay as it is, which costs another request each
   */
  async rehearse(
    environment: Pick<Known, 'clusterId' | 'appliesBegun' | 'mode'>,
    planned: readonly Manifest[],
    signal: AbortSignal,
    compare = false,
  ): Promise<readonly Applied[]> {
    const cluster = await this.clusters.of(environment);
    const { mode, appliesBegun } = environment;
    const objects = await withStandingVolume(cluster, mode, planned, signal);
    // What ends needs no more room than it has.
    const shortage = mode !== 'retired' && (await new QuotaRoom(cluster).shortage(objects, appliesBegun === 0, signal));
    if (shortage) throw new StepFailed(shortage);
    const rest = objects.filter(({ kind }) => kind !== 'Namespace');
    return inParallel(rest, async (object) =>
      withoutBadWarnings(await rehearse(cluster, object, objects, { fieldManager, compare, signal })),
    );
  }

  /** Server-side apply, wave after wave, and then what is not wanted any more goes; only with the lease in hand. */
  async applyAll(environment: WorkingEnvironment, attempt: Attempt): Promise<EnvironmentCommand> {
    const cluster = await this.clusters.of(environment);
    const { objects: planned } = await this.planner.recorded(environment);
    const objects = await withStandingVolume(cluster, environment.mode, planned, attempt.signal);
    const room = new QuotaRoom(cluster);
    const applied: Applied[] = [];
    // Of the first attempt ever, only the Namespace can stand already.
    const first = environment.appliesBegun === 1;
    for (const [index, wave] of waves(objects).entries()) {
      attempt.hold();
      const compare = !first || index === 0;
      const stand = await inParallel(wave, async (object) => {
        const now = first ? object : await room.roomy(object, attempt.signal);
        return applyObject(cluster, now, attempt.signal, { compare });
      });
      if (!first) await room.inForce(stand, attempt.signal);
      applied.push(...stand);
    }
    const pruned = await pruneAfterApply(cluster, environment, objects, attempt);
    return stepDone(CompleteApply, environment, attempt, { objects: applied.map(appliedObject), ...pruned });
  }

  /** Once everything is up, what had to stay roomy for the change is as it was planned. */
  async tighten(environment: WorkingEnvironment, attempt: Attempt): Promise<void> {
    if (environment.appliesBegun === 1) return;
    const { objects } = await this.planner.recorded(environment);
    const cluster = await this.clusters.of(environment);
    attempt.hold();
    for (const quota of objects.filter(({ kind }) => kind === 'ResourceQuota')) {
      await applyObject(cluster, quota, attempt.signal);
    }
  }

  /** One request to the environment itself, through the cluster's proxy: it answers before anybody is told of it. */
  async smoke(environment: WorkingEnvironment, attempt: Attempt): Promise<EnvironmentCommand> {
    const { namespace } = environment.identity;
    const cluster = await this.clusters.of(environment);
    const { status } = await cluster.serviceProxyGet(namespace, names.web, 'http', '/', attempt.signal);
    const service = describeRef({ apiVersion: 'v1', kind: 'Service', name: names.web, namespace });
    if (status >= 400) {
      throw new StepFailed({
        class: 'application',
        object: service,
        reason: `The environment answered a request for / with ${status}`,
        whatToDo: "Read the logs of the web pods, correct the image or the plan's settings, then retry.",
      });
    }
    return outcome(CompleteSmoke, environment, attempt, { checked: `GET / of ${service}`, status });
  }
}
