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
  /** How long a Job that makes room may take to go. */
  readonly patienceMs: number;
}

const firstPauseMs = 200;
const longestPauseMs = 3_000;

/**
 * Runs a Job to its end and answers it. A Job of that name that is complete already is the answer; one that still runs
 * the same image is waited for; any other one makes room for a new one. What the Job needed goes in the end.
 * @throws StepFailed when it fails, for what keeps its pod from starting, and for what keeps an old one from going.
 * None is of the class `application`: no other version is to be tried in its place.
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

/** @throws StepFailed naming what holds it, when it does not go in time: a pod on a dead node stays for ever. */
async function clear(cluster: KubernetesClient, job: KubernetesObject, request: JobRequest): Promise<void> {
  const { signal, hold, patienceMs } = request;
  const deadline = Date.now() + patienceMs;
  hold();
  await cluster.delete(refOf(job), { uid: job.metadata.uid, propagation: 'Foreground', signal });
  for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
    const standing = await cluster.get(refOf(job), signal);
    if (!standing || standing.metadata.uid !== job.metadata.uid) return;
    if (Date.now() >= deadline) throw await notGone(cluster, standing, request);
    await delay(Math.min(pause, Math.max(0, deadline - Date.now())), undefined, { signal });
    hold();
  }
}

async function notGone(
  cluster: KubernetesClient,
  job: KubernetesObject,
  { signal, patienceMs }: JobRequest,
): Promise<StepFailed> {
  const pods = await podsOf(cluster, job, signal);
  const finalizers = (metadata: KubernetesObject['metadata']) => (metadata['finalizers'] as string[] | undefined) ?? [];
  const holders = [
    ...pods.map((pod) => {
      const { nodeName } = (pod['spec'] ?? {}) as { readonly nodeName?: string };
      const waits = finalizers(pod.metadata).map((finalizer) => `, it waits for the finalizer ${finalizer}`);
      return `${describeRef(refOf(pod))} on node ${nodeName ?? '(none)'} is still there${waits.join('')}`;
    }),
    ...finalizers(job.metadata).map((finalizer) => `it waits for the finalizer ${finalizer}`),
  ];
  const why = holders.length === 0 ? '' : `: ${holders.join('; ')}`;
  return new StepFailed({
    class: 'configuration',
    object: describeRef(refOf(job)),
    reason: `The old Job has not gone within ${patienceMs / 1_000} s${why}`,
    whatToDo:
      'Bring back the node of a pod that is still there, or, if it is gone for good, delete the Node; let what set a ' +
      'finalizer finish its work. When the Job has gone, retry.',
  });
}

async function podsOf(cluster: KubernetesClient, { metadata }: KubernetesObject, signal: AbortSignal) {
  const labels = `batch.kubernetes.io/job-name=${metadata.name}`;
  return (await cluster.list({ apiVersion: 'v1', kind: 'Pod' }, metadata.namespace, { labels }, signal)).items;
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
  const { namespace, uid } = job.metadata;
  const pods = await podsOf(cluster, job, signal);
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
