import { isDeepStrictEqual } from 'node:util';
import { now, type Condition, type Deployment, type JsonObject, type ReplicaSet } from '../objects.js';

export interface Counts {
  total: number;
  ready: number;
  /** Pods of the newest ReplicaSet. */
  updated: number;
  updatedReady: number;
  /** Ready pods that make the Deployment available. */
  needed: number;
}

type Status = NonNullable<Deployment['status']>;

const conditionOf = (status: Status | undefined, type: string) =>
  status?.conditions?.find((condition) => condition.type === type);

function isComplete({ spec }: Deployment, counts: Counts): boolean {
  return counts.updated === spec.replicas && counts.total === counts.updated && counts.ready === counts.total;
}

/** When the rollout will have taken too long, in epoch milliseconds; undefined when nothing is under way. */
export function progressDeadline(deployment: Deployment, status: Status): number | undefined {
  const progressing = conditionOf(status, 'Progressing');
  if (progressing?.reason !== 'ReplicaSetUpdated' || deployment.spec.paused === true) return undefined;
  return Date.parse(progressing.lastUpdateTime ?? now()) + deployment.spec.progressDeadlineSeconds * 1000;
}

export function deploymentStatus(deployment: Deployment, current: ReplicaSet | undefined, counts: Counts): Status {
  const { spec, metadata, status: before } = deployment;
  const failure = current?.status?.conditions?.find((condition) => condition.type === 'ReplicaFailure');
  const available = counts.ready >= counts.needed;
  const conditions = [
    settled(before, {
      type: 'Available',
      status: available ? 'True' : 'False',
      reason: available ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message: available ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
    }),
    progressing(deployment, current?.metadata.name ?? metadata.name, counts),
    ...(failure
      ? [
          settled(before, {
            type: 'ReplicaFailure',
            status: 'True',
            reason: 'FailedCreate',
            message: failure.message ?? '',
          }),
        ]
      : []),
  ];
  const positive: JsonObject = {
    replicas: counts.total,
    updatedReplicas: counts.updated,
    readyReplicas: counts.ready,
    availableReplicas: counts.ready,
    unavailableReplicas: Math.max(0, spec.replicas - counts.ready),
  };
  // Like the real server, zero counters are left out.
  const counters = Object.fromEntries(Object.entries(positive).filter(([, count]) => count !== 0));
  return { observedGeneration: metadata.generation ?? 1, ...counters, conditions };
}

function progressing(deployment: Deployment, set: string, counts: Counts): Condition {
  const { status: before } = deployment;
  const old = conditionOf(before, 'Progressing');
  if (isComplete(deployment, counts)) {
    const message = `ReplicaSet "${set}" has successfully progressed.`;
    return settled(before, { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message });
  }
  const moved =
    counts.updated > Number(before?.['updatedReplicas'] ?? 0) ||
    counts.ready > Number(before?.['readyReplicas'] ?? 0) ||
    before?.['observedGeneration'] !== deployment.metadata.generation;
  const message = `ReplicaSet "${set}" is progressing.`;
  const updated: Condition = { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message };
  if (moved || !old) return { ...settled(before, updated), lastUpdateTime: now() };
  const since = Date.parse(old.lastUpdateTime ?? now());
  const late =
    old.reason === 'ProgressDeadlineExceeded' || Date.now() - since >= deployment.spec.progressDeadlineSeconds * 1000;
  return settled(before, {
    type: 'Progressing',
    status: late ? 'False' : 'True',
    reason: late ? 'ProgressDeadlineExceeded' : 'ReplicaSetUpdated',
    message: late ? `ReplicaSet "${set}" has timed out progressing.` : message,
  });
}

/** Keeps the times of a condition that says the same as before. */
function settled(status: Status | undefined, next: Condition): Condition {
  const old = conditionOf(status, next.type);
  if (!old) return { ...next, lastUpdateTime: now(), lastTransitionTime: now() };
  const { lastUpdateTime = now(), lastTransitionTime = now(), ...said } = old;
  if (isDeepStrictEqual(said, next)) return old;
  return {
    ...next,
    lastUpdateTime: next.reason === old.reason ? lastUpdateTime : now(),
    lastTransitionTime: next.status === old.status ? lastTransitionTime : now(),
  };
}
