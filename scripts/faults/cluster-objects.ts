import { askCluster } from '#libs/kubernetes-simulator/src/ask-cluster.js';

/** An object as the cluster has it: no code of the product stands between. */
export interface ClusterObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly object[];
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

interface ResourceList {
  readonly resources: readonly { readonly name: string; readonly kind: string }[];
}

/** Every object of every kind that the cluster knows. */
export async function clusterObjects(kubeconfig: string): Promise<readonly ClusterObject[]> {
  const get = async <Body>(path: string): Promise<Body> => (await askCluster(kubeconfig, 'GET', path)) as Body;
  const { groups } = await get<{ groups: { preferredVersion: { groupVersion: string } }[] }>('/apis');
  const roots = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const found: ClusterObject[] = [];
  for (const root of new Set(roots)) {
    for (const { name, kind } of (await get<ResourceList>(root)).resources) {
      const { items } = await get<{ items: Omit<ClusterObject, 'kind'>[] }>(`${root}/${name}`);
      found.push(...items.map((item) => ({ ...item, kind })));
    }
  }
  return found;
}

/** Undefined for what lies in no namespace. A Namespace lies in itself. */
export function namespaceOf({ kind, metadata }: ClusterObject): string | undefined {
  return kind === 'Namespace' ? metadata.name : metadata.namespace;
}

/** Whether it is a Deployment that has not all of its pods. */
export function isDown({ kind, spec, status }: ClusterObject): boolean {
  return kind === 'Deployment' && Number(status?.['availableReplicas'] ?? 0) < Number(spec?.['replicas'] ?? 1);
}
