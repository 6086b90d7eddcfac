import { ApiError, notFound } from './api-error.js';
import { isReady } from './controllers/pod.js';
import { kindNamed } from './kinds.js';
import type { JsonObject, Pod } from './objects.js';
import type { Target } from './routes.js';
import { matchesSelector } from './selectors.js';
import type { ObjectStore } from './store.js';

/**
 * `GET …/services/[SCHEME:]NAME[:PORT]/proxy/PATH`: answers `ok` for a service with a ready pod behind it, and 503 as
 * the real API server does when there is none. No traffic flows; the pods are not real.
 */
export function serviceProxy(store: ObjectStore, target: Target): string {
  const parts = target.name.split(':');
  const name = (parts.length === 3 ? parts[1] : parts[0]) ?? '';
  const port = parts.length === 3 ? parts[2] : parts[1];
  const service = store.get(target.kind, target.namespace, name);
  if (!service) throw notFound(target.kind, name);
  const spec = service['spec'] as JsonObject & { ports: { port: number; name?: string }[] };
  const served = spec.ports.some((entry) => entry.name === port || String(entry.port) === port);
  if (port && !served) {
    throw new ApiError(503, 'ServiceUnavailable', `no service port "${port}" found for service "${name}"`);
  }
  const selector = spec['selector'] as Record<string, string> | undefined;
  const pods = store.list(kindNamed('Pod'), target.namespace) as Pod[];
  const behind = pods.filter(
    (pod) => selector && matchesSelector({ matchLabels: selector }, pod.metadata.labels) && isReady(pod),
  );
  if (behind.length === 0) {
    throw new ApiError(503, 'ServiceUnavailable', `no endpoints available for service "${target.name}"`);
  }
  return 'ok';
}
