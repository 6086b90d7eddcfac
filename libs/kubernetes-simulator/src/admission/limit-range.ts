import { forbidden } from '../api-error.js';
import { kindNamed, type Kind } from '../kinds.js';
import type { Container, JsonObject, KubernetesObject, Pod } from '../objects.js';
import { quantity } from '../quantity.js';
import type { ObjectStore } from '../store.js';

interface Limit extends JsonObject {
  type: string;
  default?: Record<string, string>;
  defaultRequest?: Record<string, string>;
  min?: Record<string, string>;
  max?: Record<string, string>;
}

function limitsOf(store: ObjectStore, namespace: string, type: string): Limit[] {
  return store
    .list(kindNamed('LimitRange'), namespace)
    .flatMap((range) => (range['spec'] as { limits: Limit[] }).limits)
    .filter((limit) => limit.type === type);
}

function withLimitDefaults(container: Container, limit: Limit): Container {
  const { requests, limits, ...rest } = container.resources ?? {};
  const filled = { ...limit.default, ...limits };
  const asked = { ...limit.defaultRequest, ...requests };
  return { ...container, resources: { ...rest, requests: { ...filled, ...asked }, limits: filled } };
}

/** Fills the namespace's container defaults into a new pod. */
export function withLimitRangeDefaults(store: ObjectStore, pod: Pod): Pod {
  const limits = limitsOf(store, pod.metadata.namespace ?? '', 'Container');
  const fill = (container: Container) => limits.reduce(withLimitDefaults, container);
  return limits.length === 0 ? pod : { ...pod, spec: { ...pod.spec, containers: pod.spec.containers.map(fill) } };
}

/** Throws 403 when a pod's container or a claim is outside the namespace's limits. */
export function checkLimitRange(store: ObjectStore, kind: Kind, object: KubernetesObject): void {
  const namespace = object.metadata.namespace ?? '';
  const problems =
    kind.kind === 'Pod'
      ? limitsOf(store, namespace, 'Container').flatMap((limit) =>
          (object as Pod).spec.containers.flatMap(({ resources }) =>
            outside(limit, { ...resources?.requests }, { ...resources?.limits }),
          ),
        )
      : limitsOf(store, namespace, 'PersistentVolumeClaim').flatMap((limit) => {
          const size = ((object['spec'] as JsonObject)['resources'] as { requests: Record<string, string> }).requests;
          return outside(limit, size, size);
        });
  if (problems.length === 0) return;
  const text = problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`;
  throw forbidden(kind, object.metadata.name, text ?? '');
}

function outside(limit: Limit, requests: Record<string, string>, limits: Record<string, string>): string[] {
  const low = Object.entries(limit.min ?? {}).flatMap(([name, min]) => {
    const request = requests[name];
    const below = request !== undefined && quantity(request) < quantity(min);
    return below ? [`minimum ${name} usage per ${limit.type} is ${min}, but request is ${request}`] : [];
  });
  const high = Object.entries(limit.max ?? {}).flatMap(([name, max]) => {
    const most = limits[name];
    const above = most !== undefined && quantity(most) > quantity(max);
    return above ? [`maximum ${name} usage per ${limit.type} is ${max}, but limit is ${most}`] : [];
  });
  return [...low, ...high];
}
