import { classify } from './classify.js';
import { newestEvent } from './event-failure.js';
import type { Failure } from './failure-reason.js';
import { describeRef, refOf, type KubernetesObject } from './resources.js';

export interface Readiness {
  /** How many of `total` objects are as they should be. */
  ready: number;
  total: number;
  pending: { object: string; why: string }[];
  /** The first thing that will not mend itself; failing that, the first that may. */
  failure?: Failure;
}

interface WorkloadStatus {
  observedGeneration?: number;
  replicas?: number;
  updatedReplicas?: number;
  availableReplicas?: number;
  conditions?: { type: string; status: string; reason?: string }[];
}

const REVISION = 'deployment.kubernetes.io/revision';
const HASH = 'pod-template-hash';

/**
 * Judges freshly read objects by the rules of kstatus, stricter for failures: what ReplicaFailure and the pods of the
 * newest ReplicaSet say counts at once. A claim may stay Pending (it is bound when its first pod is placed) and an
 * Ingress needs no address.
 * @param objects what was applied, with status; ReplicaSets among them only serve to find the newest one
 * @param pods the pods of the namespace
 * @param events of the namespace's claims, and of its pods where they wait for an image
 */
export function readiness(
  objects: KubernetesObject[],
  pods: KubernetesObject[],
  now: Date,
  events: KubernetesObject[] = [],
): Readiness {
  const sets = objects.filter((object) => object.kind === 'ReplicaSet');
  const judged = objects.filter((object) => object.kind !== 'ReplicaSet');
  const pending = judged.flatMap((object) => {
    const why = pendingReason(object);
    return why ? [{ object: describeRef(refOf(object)), why }] : [];
  });
  const failures = judged.flatMap(
    (object) =>
      explainPodsOf(object, sets, pods, now, events) ??
      classify({ from: 'object', object }, now) ??
      explainEventsOf(object, events, now) ??
      [],
  );
  const failure = failures.find((found) => found.class !== 'transient') ?? failures[0];
  return { ready: judged.length - pending.length, total: judged.length, pending, ...(failure && { failure }) };
}

/** True when it is worth a look: the object is as it should be, or it says itself that it has failed. */
export function hasSettled(object: KubernetesObject, now: Date): boolean {
  if (object.kind === 'Pod') return classify({ from: 'pod', pod: object }, now) !== undefined;
  return pendingReason(object) === undefined || classify({ from: 'object', object }, now) !== undefined;
}

function pendingReason(object: KubernetesObject): string | undefined {
  if (object.metadata.deletionTimestamp) return 'is being deleted';
  const status = (object['status'] ?? {}) as WorkloadStatus;
  const observed = status.observedGeneration;
  if (observed !== undefined && observed < (object.metadata.generation ?? 0))
    return 'the cluster has not seen the change yet';
  switch (object.kind) {
    case 'Deployment':
      return deploymentPending(object, status);
    case 'Job':
      return status.conditions?.some(({ type, status: value }) => type === 'Complete' && value === 'True')
        ? undefined
        : 'is still running';
    case 'PersistentVolumeClaim':
      return (object['status'] as { phase?: string } | undefined)?.phase === 'Lost' ? 'its volume is gone' : undefined;
    case 'Service':
      return servicePending(object);
    case 'Namespace':
      return (object['status'] as { phase?: string } | undefined)?.phase === 'Terminating'
        ? 'is being deleted'
        : undefined;
    default:
      return undefined;
  }
}

function deploymentPending(object: KubernetesObject, status: WorkloadStatus): string | undefined {
  const { replicas: desired = 1 } = object['spec'] as { replicas?: number };
  const { observedGeneration, replicas = 0, updatedReplicas = 0, availableReplicas = 0, conditions = [] } = status;
  if (observedGeneration === undefined) return 'the cluster has not seen it yet';
  if (replicas > desired && updatedReplicas >= desired) return `${replicas - desired} pods too many are still there`;
  if (updatedReplicas < desired) return `${updatedReplicas} of ${desired} pods are of the new version`;
  if (availableReplicas < updatedReplicas) return `${availableReplicas} of ${desired} pods are ready`;
  const holds = (type: string) =>
    conditions.some((condition) => condition.type === type && condition.status === 'True');
  if (!holds('Available')) return 'it is not available yet';
  return holds('Progressing') || !conditions.some(({ type }) => type === 'Progressing')
    ? undefined
    : 'its rollout has stopped';
}

function servicePending(object: KubernetesObject): string | undefined {
  const { type } = object['spec'] as { type?: string };
  const { loadBalancer } = (object['status'] ?? {}) as { loadBalancer?: { ingress?: unknown[] } };
  return type === 'LoadBalancer' && !loadBalancer?.ingress?.length ? 'it has no address yet' : undefined;
}

/** Only pods of the newest ReplicaSet count: an old one that crashes must not fail the rollout that mends it. */
function explainPodsOf(
  object: KubernetesObject,
  sets: KubernetesObject[],
  pods: KubernetesObject[],
  now: Date,
  events: readonly KubernetesObject[],
): Failure | undefined {
  if (object.kind !== 'Deployment') return undefined;
  const selector =
    (object['spec'] as { selector: { matchLabels?: Record<string, string> } }).selector.matchLabels ?? {};
  const mine = pods.filter(({ metadata }) => {
    const matches = Object.entries(selector).every(([name, value]) => metadata.labels?.[name] === value);
    return matches && metadata.namespace === object.metadata.namespace && !metadata.deletionTimestamp;
  });
  const hash = newestHash(object, sets, mine);
  for (const pod of mine.filter(({ metadata }) => metadata.labels?.[HASH] === hash)) {
    const failure = classify({ from: 'pod', pod, events }, now);
    if (failure) return failure;
  }
  return undefined;
}

/** A claim that is bound needs nothing more, whatever was said about it before. */
function explainEventsOf(object: KubernetesObject, events: KubernetesObject[], now: Date): Failure | undefined {
  const { phase } = (object['status'] ?? {}) as { phase?: string };
  if (object.kind !== 'PersistentVolumeClaim' || phase !== 'Pending') return undefined;
  const event = newestEvent(events, object.metadata.uid);
  return event && classify({ from: 'event', event }, now);
}

function newestHash(
  deployment: KubernetesObject,
  sets: KubernetesObject[],
  pods: KubernetesObject[],
): string | undefined {
  const revision = (set: KubernetesObject) => Number(set.metadata.annotations?.[REVISION] ?? 0);
  const owned = sets.filter((set) => set.metadata.ownerReferences?.some(({ uid }) => uid === deployment.metadata.uid));
  const [newest] = owned.toSorted((a, b) => revision(b) - revision(a));
  if (newest) return newest.metadata.labels?.[HASH];
  const born = (pod: KubernetesObject) => Date.parse(pod.metadata.creationTimestamp ?? '') || 0;
  return pods.toSorted((a, b) => born(b) - born(a))[0]?.metadata.labels?.[HASH];
}
