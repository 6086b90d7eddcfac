/**
 * Membership as other tools read it (KEP-3659, ApplySet): the ConfigMap of the settings names the set, and every other
 * object of the namespace says that it belongs to it. What we delete has to say so too.
 */
import { createHash } from 'node:crypto';
import { names } from './blueprint.js';
import type { Manifest } from './manifest.js';

export const memberLabel = 'applyset.kubernetes.io/part-of';
const idLabel = 'applyset.kubernetes.io/id';
const toolingAnnotation = 'applyset.kubernetes.io/tooling';
const kindsAnnotation = 'applyset.kubernetes.io/contains-group-kinds';
const tooling = 'keiyaku/1.0.0';

/**
 * All that an environment may have in any mode, so that the list never has to grow before an object is applied or to
 * shrink after one is gone.
 */
const kinds = [
  'ConfigMap',
  'Deployment.apps',
  'HorizontalPodAutoscaler.autoscaling',
  'Ingress.networking.k8s.io',
  'LimitRange',
  'NetworkPolicy.networking.k8s.io',
  'PersistentVolumeClaim',
  'PodDisruptionBudget.policy',
  'ResourceQuota',
  'Role.rbac.authorization.k8s.io',
  'RoleBinding.rbac.authorization.k8s.io',
  'Secret',
  'Service',
  'ServiceAccount',
];

/** `applyset-<43 characters>-v1`: follows from the parent's name, so it never changes. */
export function applySetId(namespace: string): string {
  const parent = `${names.settings}.${namespace}.ConfigMap.`;
  return `applyset-${createHash('sha256').update(parent).digest('base64url')}-v1`;
}

/** Marks the objects of one namespace. Never their pod templates: what a controller makes from those is no member. */
export function inApplySet(objects: readonly Manifest[], namespace: string): readonly Manifest[] {
  const id = applySetId(namespace);
  return objects.map((object) => {
    if (object.kind === 'Namespace') return object;
    const { labels, annotations, ...metadata } = object.metadata;
    if (object.kind !== 'ConfigMap' || metadata.name !== names.settings) {
      const own = { ...metadata, labels: { ...labels, [memberLabel]: id }, ...(annotations && { annotations }) };
      return { ...object, metadata: own };
    }
    const described = { ...annotations, [toolingAnnotation]: tooling, [kindsAnnotation]: kinds.join(',') };
    return { ...object, metadata: { ...metadata, labels: { ...labels, [idLabel]: id }, annotations: described } };
  });
}
