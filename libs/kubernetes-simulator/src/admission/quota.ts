import { forbidden } from '../api-error.js';
import { kindNamed, resourceOf, KINDS, type Kind } from '../kinds.js';
import type { Container, JsonObject, KubernetesObject, Pod } from '../objects.js';
import { formatQuantity, quantity } from '../quantity.js';
import type { ObjectStore } from '../store.js';

type Usage = Record<string, number>;

const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
/** Kinds that quotas can count by their bare name besides `count/…`. */
const BARE = new Set(['pods', 'services', 'secrets', 'configmaps', 'persistentvolumeclaims', 'resourcequotas']);

function sumOf(containers: Container[], list: 'requests' | 'limits', resource: string): number {
  return containers.reduce((sum, container) => sum + quantity(container.resources?.[list]?.[resource]), 0);
}

function podUsage(pod: Pod): Usage {
  if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return {};
  const { containers, initContainers = [] } = pod.spec;
  const usage: Usage = {};
  for (const resource of COMPUTE) {
    for (const list of ['requests', 'limits'] as const) {
      const first = Math.max(0, ...initContainers.map((container) => sumOf([container], list, resource)));
      usage[`${list}.${resource}`] = Math.max(first, sumOf(containers, list, resource));
    }
    usage[resource] = usage[`requests.${resource}`] ?? 0;
  }
  return usage;
}

function claimUsage(claim: KubernetesObject): Usage {
  const spec = claim['spec'] as { storageClassName?: string; resources?: { requests?: Record<string, string> } };
  const storage = quantity(spec.resources?.requests?.['storage']);
  const scope = `${spec.storageClassName ?? ''}.storageclass.storage.k8s.io`;
  return {
    'requests.storage': storage,
    [`${scope}/requests.storage`]: storage,
    [`${scope}/persistentvolumeclaims`]: 1,
  };
}

/** What one object takes from a quota, in plain numbers (cores, bytes, pieces). */
function usageOf(kind: Kind, object: KubernetesObject): Usage {
  const usage: Usage = { [`count/${resourceOf(kind)}`]: 1 };
  if (BARE.has(kind.plural)) usage[kind.plural] = 1;
  if (kind.kind === 'Pod') Object.assign(usage, podUsage(object as Pod));
  if (kind.kind === 'PersistentVolumeClaim') Object.assign(usage, claimUsage(object));
  if (kind.kind === 'Service') {
    const type = (object['spec'] as JsonObject)['type'];
    if (type === 'LoadBalancer') usage['services.loadbalancers'] = 1;
    if (type === 'NodePort' || type === 'LoadBalancer') usage['services.nodeports'] = 1;
  }
  return usage;
}

function kindsCountedBy(hard: Record<string, string>): Kind[] {
  const names = Object.keys(hard);
  return KINDS.filter((kind) => {
    if (kind.kind === 'Pod')
      return names.some((name) => /^(pods|count\/pods|requests\.|limits\.|cpu|memory)/.test(name));
    if (kind.kind === 'PersistentVolumeClaim') return names.some((name) => /storage|persistentvolumeclaims/.test(name));
    return names.some((name) => name === `count/${resourceOf(kind)}` || name.split('.')[0] === kind.plural);
  });
}

/** `status.used` of a quota, counted from the objects that stand in the namespace. */
export function usedBy(store: ObjectStore, namespace: string, hard: Record<string, string>): Record<string, string> {
  const total: Usage = {};
  for (const kind of kindsCountedBy(hard)) {
    for (const object of store.list(kind, namespace)) {
      for (const [name, amount] of Object.entries(usageOf(kind, object))) total[name] = (total[name] ?? 0) + amount;
    }
  }
  return Object.fromEntries(
    Object.entries(hard).map(([name, limit]) => [name, formatQuantity(total[name] ?? 0, limit)]),
  );
}

/** Throws 403 when the new object does not fit into every quota of its namespace. */
export function checkQuota(
  store: ObjectStore,
  kind: Kind,
  live: KubernetesObject | undefined,
  next: KubernetesObject,
): void {
  const namespace = next.metadata.namespace ?? '';
  if (!namespace) return;
  const before = live ? usageOf(kind, live) : {};
  const after = usageOf(kind, next);
  const names = Object.keys(after).filter((name) => (after[name] ?? 0) > (before[name] ?? 0));
  for (const quota of store.list(kindNamed('ResourceQuota'), namespace)) {
    const hard = (quota['spec'] as { hard?: Record<string, string> }).hard ?? {};
    if (kind.kind === 'Pod' && !live) checkSpecified(kind, next as Pod, quota.metadata.name, hard);
    const counted = names.filter((name) => hard[name] !== undefined);
    if (counted.length === 0) continue;
    const used = usedBy(store, namespace, hard);
    const delta = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
    const exceeded = counted.filter((name) => quantity(used[name]) + delta(name) > quantity(hard[name])).toSorted();
    if (exceeded.length === 0) continue;
    const list = (value: (name: string) => string) => exceeded.map((name) => `${name}=${value(name)}`).join(',');
    const requested = list((name) => formatQuantity(delta(name), hard[name] ?? ''));
    const figures = `requested: ${requested}, used: ${list((n) => used[n] ?? '0')}, limited: ${list((n) => hard[n] ?? '0')}`;
    throw forbidden(kind, next.metadata.name, `exceeded quota: ${quota.metadata.name}, ${figures}`);
  }
}

/** A quota on compute resources refuses pods that do not say what they need. */
function checkSpecified(kind: Kind, pod: Pod, quota: string, hard: Record<string, string>): void {
  const missing = Object.keys(hard)
    .toSorted()
    .flatMap((name) => {
      const [, list = 'requests', resource = ''] =
        /^(?:(requests|limits)\.)?(cpu|memory|ephemeral-storage)$/.exec(name) ?? [];
      if (!resource) return [];
      const without = pod.spec.containers.filter(
        (container) => container.resources?.[list as 'requests' | 'limits']?.[resource] === undefined,
      );
      return without.length > 0 ? [`${name} for: ${without.map((container) => container.name).join(',')}`] : [];
    });
  if (missing.length === 0) return;
  throw forbidden(kind, pod.metadata.name, `failed quota: ${quota}: must specify ${missing.join('; ')}`);
}
