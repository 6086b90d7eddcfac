import { createHash } from 'node:crypto';
import { kindNamed } from '../kinds.js';
import { type Deployment, type PodTemplate, type ReplicaSet } from '../objects.js';
import type { ObjectStore } from '../store.js';
import type { Writer } from '../writes.js';
import { deploymentStatus, progressDeadline, type Counts } from './deployment-status.js';
import { controllerOptions, isOwnedBy, ownerReference } from './replica-set.js';

const REVISION = 'deployment.kubernetes.io/revision';
const HASH_LABEL = 'pod-template-hash';

const revisionOf = (set: ReplicaSet) => Number(set.metadata.annotations?.[REVISION] ?? 0);

function portion(value: number | string | undefined, desired: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  return round((Number.parseFloat(value ?? '25%') / 100) * desired);
}

/** Rolls a Deployment's pods over to its template through ReplicaSets, as `maxSurge` and `maxUnavailable` allow. */
export class DeploymentController {
  private readonly deadlines = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly store: ObjectStore,
    private readonly writer: Writer,
  ) {}

  reconcile(namespace: string, name: string): void {
    const deployment = this.store.get(kindNamed('Deployment'), namespace, name) as Deployment | undefined;
    if (!deployment || deployment.metadata.deletionTimestamp) return;
    const sets = this.setsOf(deployment);
    const hash = templateHash(deployment.spec.template);
    const current = sets.find((set) => set.metadata.labels?.[HASH_LABEL] === hash);
    const others = sets.filter((set) => set !== current);
    if (deployment.spec.paused !== true) {
      if (!current) this.createSet(deployment, hash, Math.max(0, ...sets.map(revisionOf)) + 1, others);
      else this.roll(deployment, current, others);
    }
    this.writeStatus(deployment, hash);
  }

  stop(): void {
    for (const timer of this.deadlines.values()) clearTimeout(timer);
  }

  private setsOf(deployment: Deployment): ReplicaSet[] {
    const sets = this.store.list(kindNamed('ReplicaSet'), deployment.metadata.namespace ?? '') as ReplicaSet[];
    return sets.filter((set) => isOwnedBy(set, deployment));
  }

  private createSet(deployment: Deployment, hash: string, revision: number, others: ReplicaSet[]): void {
    const { selector, template } = deployment.spec;
    const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
    const body = {
      metadata: {
        name: `${deployment.metadata.name}-${hash}`,
        labels,
        annotations: { [REVISION]: String(revision) },
        ownerReferences: [ownerReference(deployment)],
      },
      spec: {
        replicas: this.room(deployment, 0, others),
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
    this.writer.create(kindNamed('ReplicaSet'), deployment.metadata.namespace ?? '', body, controllerOptions());
  }

  /** How many pods the current set may have now, beside what the other sets still run. */
  private room(deployment: Deployment, current: number, others: ReplicaSet[]): number {
    const { replicas, strategy } = deployment.spec;
    const running = others.reduce((sum, set) => sum + Math.max(set.spec.replicas, set.status?.replicas ?? 0), 0);
    if (strategy?.type === 'Recreate') return running > 0 ? 0 : replicas;
    const surge = portion(strategy?.rollingUpdate?.maxSurge, replicas, Math.ceil);
    return Math.min(replicas, Math.max(current, replicas + surge - running));
  }

  private roll(deployment: Deployment, current: ReplicaSet, others: ReplicaSet[]): void {
    const { replicas, strategy } = deployment.spec;
    this.scale(current, this.room(deployment, Math.min(current.spec.replicas, replicas), others));
    const unavailable = portion(strategy?.rollingUpdate?.maxUnavailable, replicas, Math.floor);
    const needed = strategy?.type === 'Recreate' ? 0 : replicas - unavailable;
    let spare = Math.max(0, needed - (current.status?.readyReplicas ?? 0));
    for (const set of others) {
      const keep = Math.min(set.spec.replicas, spare);
      spare -= keep;
      this.scale(set, keep);
    }
  }

  private scale(set: ReplicaSet, replicas: number): void {
    if (set.spec.replicas === replicas) return;
    const metadata = { ...set.metadata, generation: (set.metadata.generation ?? 1) + 1 };
    this.store.put(kindNamed('ReplicaSet'), { ...set, metadata, spec: { ...set.spec, replicas } });
  }

  private writeStatus(deployment: Deployment, hash: string): void {
    const sets = this.setsOf(deployment);
    const current = sets.find((set) => set.metadata.labels?.[HASH_LABEL] === hash);
    const sum = (count: (set: ReplicaSet) => number) => sets.reduce((total, set) => total + count(set), 0);
    const { replicas, strategy } = deployment.spec;
    const counts: Counts = {
      total: sum((set) => set.status?.replicas ?? 0),
      ready: sum((set) => set.status?.readyReplicas ?? 0),
      updated: current?.status?.replicas ?? 0,
      updatedReady: current?.status?.readyReplicas ?? 0,
      needed: replicas - portion(strategy?.rollingUpdate?.maxUnavailable, replicas, Math.floor),
    };
    const status = deploymentStatus(deployment, current, counts);
    const annotations = { ...deployment.metadata.annotations, [REVISION]: String(current ? revisionOf(current) : 1) };
    const same = JSON.stringify(status) === JSON.stringify(deployment.status);
    if (!same || deployment.metadata.annotations?.[REVISION] !== annotations[REVISION]) {
      this.store.put(kindNamed('Deployment'), {
        ...deployment,
        metadata: { ...deployment.metadata, annotations },
        status,
      });
    }
    this.watchDeadline(deployment, progressDeadline(deployment, status));
  }

  private watchDeadline(deployment: Deployment, at: number | undefined): void {
    const { uid, namespace = '', name } = deployment.metadata;
    clearTimeout(this.deadlines.get(uid));
    this.deadlines.delete(uid);
    if (at === undefined) return;
    const timer = setTimeout(() => this.reconcile(namespace, name), Math.min(at - Date.now() + 50, 2 ** 31 - 1));
    this.deadlines.set(uid, timer);
  }
}

function templateHash(template: PodTemplate): string {
  return createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
}
