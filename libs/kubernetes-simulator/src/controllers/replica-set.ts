import { createHash } from 'node:crypto';
import { ApiError } from '../api-error.js';
import { kindNamed } from '../kinds.js';
import { now, type Condition, type JsonObject, type KubernetesObject, type Pod, type ReplicaSet } from '../objects.js';
import type { ObjectStore } from '../store.js';
import type { Writer, WriteOptions } from '../writes.js';
import { isReady } from './pod.js';

export const CONTROLLER = 'kube-controller-manager';

export function controllerOptions(): WriteOptions {
  return { manager: CONTROLLER, force: false, dryRun: false, fieldValidation: 'Warn', subresource: '', warnings: [] };
}

export function isOwnedBy(object: KubernetesObject, owner: KubernetesObject): boolean {
  return object.metadata.ownerReferences?.some((reference) => reference.uid === owner.metadata.uid) ?? false;
}

export function ownerReference(owner: KubernetesObject): JsonObject {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

export function hasFailure(set: ReplicaSet): boolean {
  return set.status?.conditions?.some((condition) => condition.type === 'ReplicaFailure') ?? false;
}

/** Keeps as many pods as a ReplicaSet asks for; what admission refuses becomes its ReplicaFailure condition. */
export class ReplicaSetController {
  constructor(
    private readonly store: ObjectStore,
    private readonly writer: Writer,
  ) {}

  reconcile(namespace: string, name: string): void {
    const set = this.store.get(kindNamed('ReplicaSet'), namespace, name) as ReplicaSet | undefined;
    if (!set || set.metadata.deletionTimestamp) return;
    const failure = this.scale(set, this.podsOf(set));
    this.writeStatus(set, this.podsOf(set), failure);
  }

  private podsOf(set: ReplicaSet): Pod[] {
    const pods = this.store.list(kindNamed('Pod'), set.metadata.namespace ?? '') as Pod[];
    return pods.filter((pod) => isOwnedBy(pod, set) && !pod.metadata.deletionTimestamp);
  }

  private scale(set: ReplicaSet, pods: Pod[]): ApiError | undefined {
    const unreadyFirst = pods.toSorted((a, b) => Number(isReady(a)) - Number(isReady(b)));
    for (const { metadata } of unreadyFirst.slice(0, Math.max(0, pods.length - set.spec.replicas))) {
      this.writer.delete(kindNamed('Pod'), metadata.namespace ?? '', metadata.name);
    }
    try {
      for (let missing = set.spec.replicas - pods.length; missing > 0; missing -= 1) this.createPod(set);
      return undefined;
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
  }

  private createPod(set: ReplicaSet): void {
    const { metadata, spec } = set.spec.template;
    const namespace = set.metadata.namespace ?? '';
    const body = {
      metadata: { ...metadata, name: this.freeName(set, namespace), ownerReferences: [ownerReference(set)] },
      spec,
    };
    this.writer.create(kindNamed('Pod'), namespace, body, controllerOptions());
  }

  /** Looks like the real suffix, and comes out the same in every run. */
  private freeName(set: ReplicaSet, namespace: string): string {
    for (let attempt = 0; ; attempt += 1) {
      const suffix = createHash('sha256').update(`${set.metadata.name}/${attempt}`).digest('hex').slice(0, 5);
      const name = `${set.metadata.name}-${suffix}`;
      if (!this.store.get(kindNamed('Pod'), namespace, name)) return name;
    }
  }

  private writeStatus(set: ReplicaSet, pods: Pod[], failure: ApiError | undefined): void {
    const ready = pods.filter(isReady).length;
    const old = set.status?.conditions?.find((condition) => condition.type === 'ReplicaFailure');
    const condition: Condition | undefined = failure && {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: failure.message,
      lastTransitionTime: old?.lastTransitionTime ?? now(),
    };
    const status = {
      replicas: pods.length,
      fullyLabeledReplicas: pods.length,
      readyReplicas: ready,
      availableReplicas: ready,
      observedGeneration: set.metadata.generation ?? 1,
      ...(condition && { conditions: [condition] }),
    };
    if (JSON.stringify(status) === JSON.stringify(set.status)) return;
    this.store.put(kindNamed('ReplicaSet'), { ...set, status });
  }
}
