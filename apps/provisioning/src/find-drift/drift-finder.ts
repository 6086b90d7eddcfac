import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { DriftedObject } from '#libs/events/src/provisioning.js';
import { Clusters } from '../clusters/clusters.js';
import type { Known } from '../domain/environment.js';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { refOf } from '../kubernetes/resources.js';
import { diff, type FieldChange, nameOf } from '../manifests/diff.js';
import { fieldManager } from '../steps/apply-object.js';
import { EnvironmentPlanner } from '../steps/environment-planner.js';
import { inParallel } from '../steps/in-parallel.js';
import { rehearse } from '../steps/rehearsal.js';

export interface FoundDrift {
  /** Of the plan that the cluster was compared with. */
  readonly planHash: string;
  /** Absent when all is as planned. */
  readonly fingerprint?: string;
  readonly objects: readonly DriftedObject[];
}

/** Few: nobody waits for it, and environments that are on their way do. */
const atOnce = 3;
const longestValue = 200;

/** Compares what stands of an environment with its plan, by a dry run: what others own is left as it is. */
@Injectable()
export class DriftFinder {
  constructor(
    private readonly clusters: Clusters,
    private readonly planner: EnvironmentPlanner,
  ) {}

  /** @throws StepFailed, KubernetesApiError, KubernetesUnreachable */
  async find(environment: Known, signal: AbortSignal): Promise<FoundDrift> {
    const { objects, hash: planHash } = await this.planner.plan(environment);
    const drifted = await this.compare(await this.clusters.of(environment), objects, signal);
    if (drifted.length === 0) return { planHash, objects: [] };
    const fingerprint = createHash('sha256').update(JSON.stringify(drifted)).digest('hex');
    return { planHash, fingerprint, objects: drifted };
  }

  private async compare(
    cluster: KubernetesClient,
    objects: Awaited<ReturnType<EnvironmentPlanner['plan']>>['objects'],
    signal: AbortSignal,
  ): Promise<readonly DriftedObject[]> {
    const [namespace] = objects;
    if (!namespace || !(await cluster.get(refOf(namespace), signal))) {
      // A server can rehearse nothing in a namespace that it does not have.
      return namespace ? [{ ...nameOf(namespace), what: 'missing', fields: [] }] : [];
    }
    const answers = await inParallel(
      objects,
      (object) => rehearse(cluster, object, objects, { fieldManager, compare: true, signal }),
      atOnce,
    );
    const { create, change } = diff(answers.map(({ before, object }) => ({ before, after: object })));
    return [
      ...create.map((name): DriftedObject => ({ ...name, what: 'missing', fields: [] })),
      ...change.map(({ fields, ...name }): DriftedObject => ({
        ...name,
        what: 'changed',
        fields: fields.map(inWords),
      })),
    ];
  }
}

function inWords({ field, from, to }: FieldChange): DriftedObject['fields'][number] {
  return { field, ...(from !== undefined && { found: short(from) }), ...(to !== undefined && { planned: short(to) }) };
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= longestValue ? text : `${text.slice(0, longestValue - 1)}…`;
}
