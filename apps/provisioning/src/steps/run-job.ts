import { setTimeout as delay } from 'node:timers/promises';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import { classify } from '../kubernetes/classify.js';
import { newestEvent } from '../kubernetes/event-failure.js';
import { type Failure, fromAdmission } from '../kubernetes/failure-reason.js';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { describeRef, type KubernetesObject, refOf } from '../kubernetes/resources.js';
import type { Manifest } from '../manifests/manifest.js';

export interface JobRequest {
  /** What the Job needs, and as the last the Job, in the order in which they are applied. */
  readonly objects: readonly Manifest[];
  readonly apply: (object: Manifest) => Promise<unknown>;
  readonly signal: AbortSignal;
  /** Called before each change; throws when the lease is gone. */
  readonly hold: () => void;
}

const firstPauseMs = 200;
const longestPauseMs = 3_000;

/**
 * Runs a Job to its end and answers it. A Job of that name that is complete already is the answer; one that still runs
 * the same image is waited for; any other one makes room for a new one. What the Job needed goes in the end.
 * @throws StepFailed when it fails, and for what keeps its pod from starting. None is of the class `application`: no
 * other version is to be tried in its place.
 */
export async function runJob(cluster: KubernetesClient, request: JobRequest): Promise<KubernetesObject> {
  const { objects, apply, signal, hold } = request;
  const job = objects.at(-1);
  if (job?.kind !== 'Job') throw new Error('The last object is to be the Job.');
  const standing = await cluster.get(refOf(job), signal);
  const usable = standing && !standing.metadata.deletionTimestamp && (isComplete(standing) || goesOn(standing, job));
  if (standing && !usable) await clear(cluster, standing, request);
  if (!usable) {
    for (const object of objects) {
      hold();
      await apply(object);
    }
  }
  const complete = await untilComplete(cluster, job, request);
  for (const object of objects.slice(0, -1)) {
    hold();
    await cluster.delete(refOf(object), { signal });
  }
  return complete;
}

interface Condition {
  readonly type: string;
  readonly status: string;
}

function holds(job: KubernetesObject, type: string): boolean {
  const { conditions = [] } = (job['status'] ?? {}) as { readonly conditions?: readonly Condition[] };
  return conditions.some((condition) => condition.type === type && condition.status === 'True');
}

function isComplete(job: KubernetesObject): boolean {
  return holds(job, 'Complete');
}

function goesOn(standing: KubernetesObject, wanted: Manifest): boolean {
  return !holds(standing, 'Failed') && imageOf(standing) === imageOf(wanted);
}

function imageOf(job: Readonly<Record<string, unknown>>): string | undefined {
  const { template } = job['spec'] as { template: { spec: { containers: readonly { image: string }[] } } };
  return template.spec.containers[0]?.image;
}

async function clear(cluster: KubernetesClient, job: KubernetesObject, { signal, hold }: JobRequest): Promise<void> {
  hold();
  await cluster.delete(refOf(job), { uid: job.metadata.uid, propagation: 'Foreground', signal });
  for (let pause = firstPauseMs; await cluster.get(refOf(job), signal); pause = Math.min(2 * pause, longestPauseMs)) {
    await delay(pause, undefined, { signal });
  }
}

async function untilComplete(
  cluster: KubernetesClient,
  job: Manifest,
  { signal, hold }: JobRequest,
): Promise<KubernetesObject> {
  for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
    await delay(pause, undefined, { signal });
    hold();
    const live = await cluster.get(refOf(job), signal);
    if (!live) {
      const whatToDo = 'Retry: it is begun anew. If it keeps going missing, find out who deletes it.';
      throw new StepFailed({
        class: 'transient',
        object: describeRef(refOf(job)),
        reason: 'The job is gone',
        whatToDo,
      });
    }
    if (isComplete(live)) return live;
    const failure = await whyStuck(cluster, live, signal);
    if (!failure || failure.class === 'transient') continue;
    throw new StepFailed(failure.class === 'application' ? { ...failure, class: 'configuration' } : failure);
  }
}

async function whyStuck(
  cluster: KubernetesClient,
  job: KubernetesObject,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const now = new Date();
  const failed = classify({ from: 'object', object: job }, now);
  if (failed) return failed;
  const { namespace, name, uid } = job.metadata;
  const labels = `batch.kubernetes.io/job-name=${name}`;
  const pods = (await cluster.list({ apiVersion: 'v1', kind: 'Pod' }, namespace, { labels }, signal)).items;
  for (const pod of pods) {
    const found = classify({ from: 'pod', pod }, now);
    if (found) return found;
  }
  if (pods.length > 0) return undefined;
  // It has no condition that says why it has no pod; only events do.
  const fields = 'involvedObject.kind=Job';
  const events = (await cluster.list({ apiVersion: 'v1', kind: 'Event' }, namespace, { fields }, signal)).items;
  const event = newestEvent(events, uid);
  const verdict = event?.['reason'] === 'FailedCreate' ? fromAdmission(String(event['message'])) : undefined;
  return verdict && { object: describeRef(refOf(job)), ...verdict };
}
