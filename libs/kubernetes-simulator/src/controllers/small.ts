import { trackUpdate } from '../apply/server-side-apply.js';
import { usedBy } from '../admission/quota.js';
import { kindNamed } from '../kinds.js';
import type { Deployment, Json, KubernetesObject, LabelSelector, Pod } from '../objects.js';
import { matchesSelector } from '../selectors.js';
import type { ObjectStore } from '../store.js';
import { isReady } from './pod.js';
import { CONTROLLER } from './replica-set.js';

function writeStatus(store: ObjectStore, object: KubernetesObject, status: Json): void {
  if (JSON.stringify(object['status']) === JSON.stringify(status)) return;
  store.put(kindNamed(object.kind), { ...object, status });
}

export function reconcileQuotas(store: ObjectStore, namespace: string): void {
  for (const quota of store.list(kindNamed('ResourceQuota'), namespace)) {
    const hard = (quota['spec'] as { hard?: Record<string, string> }).hard ?? {};
    writeStatus(store, quota, { hard, used: usedBy(store, namespace, hard) });
  }
}

/** Plays the ingress controller: every ingress is reached at the same address. */
export function reconcileIngress(store: ObjectStore, namespace: string, name: string): void {
  const ingress = store.get(kindNamed('Ingress'), namespace, name);
  if (ingress) writeStatus(store, ingress, { loadBalancer: { ingress: [{ ip: '127.0.0.1' }] } });
}

export function reconcileDisruptionBudget(store: ObjectStore, namespace: string, name: string): void {
  const budget = store.get(kindNamed('PodDisruptionBudget'), namespace, name);
  if (!budget) return;
  const { selector, minAvailable, maxUnavailable } = budget['spec'] as {
    selector?: LabelSelector;
    minAvailable?: number | string;
    maxUnavailable?: number | string;
  };
  const pods = (store.list(kindNamed('Pod'), namespace) as Pod[]).filter((pod) =>
    matchesSelector(selector, pod.metadata.labels),
  );
  const share = (value: number | string) =>
    typeof value === 'number' ? value : Math.ceil((Number.parseFloat(value) / 100) * pods.length);
  const desired = minAvailable === undefined ? pods.length - share(maxUnavailable ?? 0) : share(minAvailable);
  const healthy = pods.filter(isReady).length;
  writeStatus(store, budget, {
    observedGeneration: budget.metadata.generation ?? 1,
    expectedPods: pods.length,
    currentHealthy: healthy,
    desiredHealthy: Math.max(0, desired),
    disruptionsAllowed: Math.max(0, healthy - desired),
  });
}

/** Keeps a Deployment between the autoscaler's bounds. There are no metrics, so it never scales on load. */
export function reconcileAutoscaler(store: ObjectStore, namespace: string, name: string): void {
  const autoscaler = store.get(kindNamed('HorizontalPodAutoscaler'), namespace, name);
  if (!autoscaler) return;
  const spec = autoscaler['spec'] as {
    minReplicas?: number;
    maxReplicas: number;
    scaleTargetRef: { kind: string; name: string };
  };
  const kind = kindNamed('Deployment');
  if (spec.scaleTargetRef.kind !== kind.kind) return;
  const target = store.get(kind, namespace, spec.scaleTargetRef.name) as Deployment | undefined;
  if (!target) return;
  const current = target.spec.replicas;
  // Replicas 0 means that somebody switched the target off; a real autoscaler leaves that alone too.
  const wanted = current === 0 ? 0 : Math.min(spec.maxReplicas, Math.max(spec.minReplicas ?? 1, current));
  if (wanted !== current) {
    const metadata = { ...target.metadata, generation: (target.metadata.generation ?? 1) + 1 };
    const scaled: KubernetesObject = { ...target, metadata, spec: { ...target.spec, replicas: wanted } };
    const manager = { name: CONTROLLER, operation: 'Update' as const, subresource: 'scale' };
    store.put(kind, trackUpdate(kind, target, scaled, manager));
  }
  writeStatus(store, autoscaler, { currentReplicas: current, desiredReplicas: wanted });
}
