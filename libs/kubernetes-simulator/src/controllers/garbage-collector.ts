import { KINDS, kindNamed, type Kind } from '../kinds.js';
import type { KubernetesObject, Pod } from '../objects.js';
import type { ObjectStore } from '../store.js';
import { foregroundDeletion } from '../writes.js';
import { claimsOf, hasEnded } from './pod.js';
import { isOwnedBy } from './replica-set.js';

/** Kinds whose objects own others here, and kinds that are owned. */
const OWNERS = new Set(['Deployment', 'ReplicaSet', 'Job']);
const OWNED = KINDS.filter(({ kind }) => ['ReplicaSet', 'Pod'].includes(kind));
const pvcProtection = 'kubernetes.io/pvc-protection';

/** Takes away what a deleted object owned, and ends the finalizers that wait for that. */
export class GarbageCollector {
  constructor(private readonly store: ObjectStore) {}

  /** What the deleted object owned goes with it. */
  collect(owner: KubernetesObject): void {
    if (!OWNERS.has(owner.kind)) return;
    for (const { kind, object } of this.ownedBy(owner)) this.store.remove(kind, object);
  }

  /** An object that is deleted in the foreground goes when nothing that it owns is left. */
  finishForeground(kind: Kind, namespace: string, name: string): void {
    const object = this.store.get(kind, namespace, name);
    if (!object?.metadata.deletionTimestamp || !object.metadata.finalizers?.includes(foregroundDeletion)) return;
    const owned = this.ownedBy(object);
    if (owned.length === 0) this.drop(kind, object, foregroundDeletion);
    else for (const each of owned) this.store.remove(each.kind, each.object);
  }

  /** A claim that is deleted stays as long as a pod uses it. */
  finishClaims(namespace: string): void {
    const kind = kindNamed('PersistentVolumeClaim');
    for (const claim of this.store.list(kind, namespace)) {
      if (!claim.metadata.deletionTimestamp || !claim.metadata.finalizers?.includes(pvcProtection)) continue;
      const pods = this.store.list(kindNamed('Pod'), namespace) as Pod[];
      const used = pods.some((pod) => !hasEnded(pod) && claimsOf(pod).includes(claim.metadata.name));
      if (!used) this.drop(kind, claim, pvcProtection);
    }
  }

  private ownedBy(owner: KubernetesObject): { kind: Kind; object: KubernetesObject }[] {
    return OWNED.flatMap((kind) =>
      this.store
        .list(kind, owner.metadata.namespace ?? '')
        .filter((object) => isOwnedBy(object, owner))
        .map((object) => ({ kind, object })),
    );
  }

  private drop(kind: Kind, object: KubernetesObject, finalizer: string): void {
    const finalizers = (object.metadata.finalizers ?? []).filter((each) => each !== finalizer);
    if (finalizers.length === 0) this.store.remove(kind, object);
    else this.store.put(kind, { ...object, metadata: { ...object.metadata, finalizers } });
  }
}
