import { ApiError, forbidden, notFound } from '../api-error.js';
import { kindNamed, type Kind } from '../kinds.js';
import type { Deployment, KubernetesObject, Pod } from '../objects.js';
import type { ObjectStore } from '../store.js';
import { checkLimitRange, withLimitRangeDefaults } from './limit-range.js';
import { podSecurityViolation } from './pod-security.js';
import { checkQuota } from './quota.js';

/** The namespace must exist, and must not be going away when something is created in it. */
export function checkNamespace(store: ObjectStore, kind: Kind, object: KubernetesObject, creating: boolean): void {
  const { namespace = '', name } = object.metadata;
  const found = store.get(kindNamed('Namespace'), '', namespace);
  if (!found) throw notFound(kindNamed('Namespace'), namespace);
  if (!creating || !found.metadata.deletionTimestamp) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const terminating = `namespace ${namespace} is being terminated`;
  throw forbidden(kind, name, why, [
    { reason: 'NamespaceTerminating', message: terminating, field: 'metadata.namespace' },
  ]);
}

/** Changes that admission makes to a new object before it is validated. */
export function mutate(store: ObjectStore, kind: Kind, object: KubernetesObject): KubernetesObject {
  if (kind.kind === 'PersistentVolumeClaim') return protectedClaim(object);
  if (kind.kind !== 'Pod') return object;
  const pod = withLimitRangeDefaults(store, object as Pod);
  const name = pod.spec.serviceAccountName ?? 'default';
  return { ...pod, spec: { ...pod.spec, serviceAccountName: name, serviceAccount: name } };
}

/** So that no pod loses a volume that it has mounted. */
function protectedClaim(claim: KubernetesObject): KubernetesObject {
  const finalizers = [...new Set([...(claim.metadata.finalizers ?? []), 'kubernetes.io/pvc-protection'])];
  return { ...claim, metadata: { ...claim.metadata, finalizers } };
}

/** Throws 403 when Pod Security, a service account, a limit range or a quota forbids the write. */
export function admit(
  store: ObjectStore,
  kind: Kind,
  live: KubernetesObject | undefined,
  next: KubernetesObject,
  warnings: string[],
): void {
  const { namespace = '', name } = next.metadata;
  const within = store.get(kindNamed('Namespace'), '', namespace);
  if (!within) return;
  if (kind.kind === 'Pod' && !live) {
    const { spec } = next as Pod;
    const account = spec.serviceAccountName ?? 'default';
    if (!store.get(kindNamed('ServiceAccount'), namespace, account)) {
      const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`;
      throw forbidden(kind, name, why);
    }
    const violation = podSecurityViolation(within, 'enforce', spec);
    if (violation) throw forbidden(kind, name, violation);
  }
  if (['Deployment', 'ReplicaSet', 'Job'].includes(kind.kind)) {
    const violation = podSecurityViolation(within, 'warn', (next as Deployment).spec.template.spec);
    if (violation) warnings.push(violation);
  }
  if ((kind.kind === 'Pod' && !live) || kind.kind === 'PersistentVolumeClaim') checkLimitRange(store, kind, next);
  checkQuota(store, kind, live, next);
}

/** A deleted namespace may only be read and finished. */
export function checkDeletable(kind: Kind, object: KubernetesObject): void {
  if (kind.kind !== 'Namespace' || !['default', 'kube-system', 'kube-public'].includes(object.metadata.name)) return;
  throw new ApiError(
    403,
    'Forbidden',
    `namespaces "${object.metadata.name}" is forbidden: this namespace may not be deleted`,
  );
}
