/** Names one object. `namespace` is left out for cluster-scoped kinds. */
export interface ObjectRef {
  apiVersion: string;
  kind: string;
  namespace?: string | undefined;
  name: string;
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    generation?: number;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { kind: string; name: string; uid: string }[];
    managedFields?: unknown;
    [field: string]: unknown;
  };
  [field: string]: unknown;
}

interface Resource {
  plural: string;
  namespaced: boolean;
}

const namespaced = (plural: string): Resource => ({ plural, namespaced: true });

/** Every kind that we apply or look at. A table instead of discovery: one request less per group and start. */
const RESOURCES: Record<string, Resource> = {
  'v1 Namespace': { plural: 'namespaces', namespaced: false },
  'v1 ConfigMap': namespaced('configmaps'),
  'v1 Event': namespaced('events'),
  'v1 LimitRange': namespaced('limitranges'),
  'v1 PersistentVolumeClaim': namespaced('persistentvolumeclaims'),
  'v1 Pod': namespaced('pods'),
  'v1 ResourceQuota': namespaced('resourcequotas'),
  'v1 Secret': namespaced('secrets'),
  'v1 Service': namespaced('services'),
  'v1 ServiceAccount': namespaced('serviceaccounts'),
  'apps/v1 Deployment': namespaced('deployments'),
  'apps/v1 ReplicaSet': namespaced('replicasets'),
  'apps/v1 StatefulSet': namespaced('statefulsets'),
  'autoscaling/v2 HorizontalPodAutoscaler': namespaced('horizontalpodautoscalers'),
  'batch/v1 Job': namespaced('jobs'),
  'networking.k8s.io/v1 Ingress': namespaced('ingresses'),
  'networking.k8s.io/v1 NetworkPolicy': namespaced('networkpolicies'),
  'policy/v1 PodDisruptionBudget': namespaced('poddisruptionbudgets'),
  'rbac.authorization.k8s.io/v1 Role': namespaced('roles'),
  'rbac.authorization.k8s.io/v1 RoleBinding': namespaced('rolebindings'),
};

/** All of them that lie in namespaces, but for what only tells of others. */
export const namespacedKinds = Object.entries(RESOURCES).flatMap(([key, { namespaced: within }]) => {
  const [apiVersion = '', kind = ''] = key.split(' ');
  return within && kind !== 'Event' ? [{ apiVersion, kind }] : [];
});

const apiVersions = new Map(
  Object.keys(RESOURCES).map((key) => {
    const [apiVersion = '', kind = ''] = key.split(' ');
    return [kind, apiVersion];
  }),
);

/** Names an object whose kind is enough to know its group and version. Throws for a kind that the table does not have. */
export function refOfKind({ kind, name, namespace }: Omit<ObjectRef, 'apiVersion'>): ObjectRef {
  const apiVersion = apiVersions.get(kind);
  if (apiVersion === undefined)
    throw new Error(`${kind} is not in the table of apps/provisioning/src/kubernetes/resources.ts`);
  return { apiVersion, kind, name, ...(namespace !== undefined && { namespace }) };
}

/** The path of a collection. Throws for a kind that the table does not have. */
export function collectionPath({ apiVersion, kind }: Omit<ObjectRef, 'name'>, namespace: string | undefined): string {
  const resource = RESOURCES[`${apiVersion} ${kind}`];
  if (!resource)
    throw new Error(`${apiVersion} ${kind} is not in the table of apps/provisioning/src/kubernetes/resources.ts`);
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${resource.plural}`;
}

/** The path of one object. Throws when a namespaced object names no namespace. */
export function objectPath(ref: ObjectRef): string {
  if (RESOURCES[`${ref.apiVersion} ${ref.kind}`]?.namespaced && !ref.namespace) {
    throw new Error(`${ref.kind} ${ref.name} needs a namespace`);
  }
  return `${collectionPath(ref, ref.namespace)}/${encodeURIComponent(ref.name)}`;
}

export function refOf(object: KubernetesObject): ObjectRef {
  const { apiVersion, kind, metadata } = object;
  return { apiVersion, kind, namespace: metadata.namespace, name: metadata.name };
}

/** `Deployment web in env-abc`: how people read about an object. */
export function describeRef({ kind, name, namespace }: ObjectRef): string {
  return namespace ? `${kind} ${name} in ${namespace}` : `${kind} ${name}`;
}
