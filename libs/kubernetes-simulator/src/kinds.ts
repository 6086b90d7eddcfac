/** One resource that the API server offers. */
export interface Kind {
  /** '' for the core group. */
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
  /** Name of its schema in `schema/types.generated.ts`. */
  type: string;
  hasStatus: boolean;
  /** Kinds without a spec (Secret, ConfigMap …) carry no `metadata.generation`. */
  hasGeneration: boolean;
}

const plain = { group: '', version: 'v1', namespaced: true, hasStatus: false, hasGeneration: false };
const withStatus = { ...plain, hasStatus: true };
const apps = { ...plain, group: 'apps', hasStatus: true, hasGeneration: true };
const networking = { ...plain, group: 'networking.k8s.io', hasGeneration: true };
const rbac = { ...plain, group: 'rbac.authorization.k8s.io' };

export const KINDS: Kind[] = [
  { ...withStatus, kind: 'Namespace', plural: 'namespaces', type: 'V1Namespace', namespaced: false },
  { ...withStatus, kind: 'ResourceQuota', plural: 'resourcequotas', type: 'V1ResourceQuota' },
  { ...plain, kind: 'LimitRange', plural: 'limitranges', type: 'V1LimitRange' },
  { ...plain, kind: 'ServiceAccount', plural: 'serviceaccounts', type: 'V1ServiceAccount' },
  { ...plain, kind: 'Secret', plural: 'secrets', type: 'V1Secret' },
  { ...plain, kind: 'ConfigMap', plural: 'configmaps', type: 'V1ConfigMap' },
  { ...withStatus, kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims', type: 'V1PersistentVolumeClaim' },
  { ...withStatus, kind: 'Service', plural: 'services', type: 'V1Service' },
  { ...withStatus, kind: 'Pod', plural: 'pods', type: 'V1Pod', hasGeneration: true },
  { ...plain, kind: 'Event', plural: 'events', type: 'CoreV1Event' },
  { ...apps, kind: 'Deployment', plural: 'deployments', type: 'V1Deployment' },
  { ...apps, kind: 'ReplicaSet', plural: 'replicasets', type: 'V1ReplicaSet' },
  { ...apps, group: 'batch', kind: 'Job', plural: 'jobs', type: 'V1Job' },
  { ...networking, kind: 'NetworkPolicy', plural: 'networkpolicies', type: 'V1NetworkPolicy' },
  { ...networking, kind: 'Ingress', plural: 'ingresses', type: 'V1Ingress', hasStatus: true },
  { ...rbac, kind: 'Role', plural: 'roles', type: 'V1Role' },
  { ...rbac, kind: 'RoleBinding', plural: 'rolebindings', type: 'V1RoleBinding' },
  {
    ...withStatus,
    group: 'autoscaling',
    version: 'v2',
    kind: 'HorizontalPodAutoscaler',
    plural: 'horizontalpodautoscalers',
    type: 'V2HorizontalPodAutoscaler',
  },
  {
    ...withStatus,
    group: 'policy',
    kind: 'PodDisruptionBudget',
    plural: 'poddisruptionbudgets',
    type: 'V1PodDisruptionBudget',
    hasGeneration: true,
  },
];

export function apiVersionOf(kind: Kind): string {
  return kind.group ? `${kind.group}/${kind.version}` : kind.version;
}

/** `deployments.apps`, `pods`: how the API server names a resource in its messages. */
export function resourceOf(kind: Kind): string {
  return kind.group ? `${kind.plural}.${kind.group}` : kind.plural;
}

const byName = new Map(KINDS.map((kind) => [kind.kind, kind]));

/** A kind that this program itself relies on. */
export function kindNamed(name: string): Kind {
  const found = byName.get(name);
  if (!found) throw new Error(`No kind ${name}`);
  return found;
}

export function findKind(group: string, version: string, plural: string): Kind | undefined {
  return KINDS.find((kind) => kind.group === group && kind.version === version && kind.plural === plural);
}
