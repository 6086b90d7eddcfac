import { KINDS, kindNamed } from '../kinds.js';
import type { KubernetesObject, Pod, ReplicaSet } from '../objects.js';
import type { Failures } from '../failures.js';
import type { Change, ObjectStore } from '../store.js';
import type { Writer } from '../writes.js';
import { DeploymentController } from './deployment.js';
import { GarbageCollector } from './garbage-collector.js';
import { JobController } from './job.js';
import { NamespaceController } from './namespace.js';
import { isReady, PodController } from './pod.js';
import { hasFailure, ReplicaSetController } from './replica-set.js';
import { reconcileAutoscaler, reconcileDisruptionBudget, reconcileIngress, reconcileQuotas } from './small.js';

/** Changes that can let a ReplicaSet create what it could not create before. */
const ADMISSION_INPUTS = new Set(['ResourceQuota', 'LimitRange', 'ServiceAccount', 'Namespace']);
/** Changes that can let a pod start that could not start before. */
const POD_INPUTS = new Set(['Secret', 'ConfigMap', 'PersistentVolumeClaim']);

/** What the controller manager, the scheduler and the kubelet do: driven by changes, each key handled once per turn. */
export class Controllers {
  private readonly queue = new Map<string, () => void>();
  private draining: NodeJS.Immediate | undefined;
  private readonly pods: PodController;
  private readonly sets: ReplicaSetController;
  private readonly deployments: DeploymentController;
  private readonly jobs: JobController;
  private readonly namespaces: NamespaceController;
  private readonly garbage: GarbageCollector;

  constructor(
    private readonly store: ObjectStore,
    writer: Writer,
    private readonly options: { podStartMs: number; certificateAuthority: string; failures: Failures },
  ) {
    this.pods = new PodController(store, options.podStartMs, options.failures);
    this.sets = new ReplicaSetController(store, writer);
    this.deployments = new DeploymentController(store, writer);
    this.jobs = new JobController(store, writer);
    this.namespaces = new NamespaceController(store, writer, options.certificateAuthority);
    this.garbage = new GarbageCollector(store);
  }

  /** Takes up what a former process left, and follows every change from here on. */
  start(): () => void {
    const stopListening = this.store.onChange((change) => this.react(change));
    this.options.failures.onChange(() => this.retryPods(''));
    for (const kind of KINDS) for (const object of this.store.list(kind, '')) this.enqueue(object);
    return () => {
      stopListening();
      if (this.draining) clearImmediate(this.draining);
      this.pods.stop();
      this.deployments.stop();
      this.jobs.stop();
    };
  }

  private react(change: Change): void {
    const { type, kind, object, previous } = change;
    const { namespace = '', name } = object.metadata;
    if (type === 'DELETED') this.garbage.collect(object);
    else this.enqueue(object);
    if (type !== 'MODIFIED' && namespace)
      this.add('quota', namespace, '', () => reconcileQuotas(this.store, namespace));
    if (type === 'DELETED' && namespace)
      this.add('namespace', '', namespace, () => this.namespaces.reconcile(namespace));
    if (ADMISSION_INPUTS.has(kind.kind) || (kind.kind === 'Pod' && type === 'DELETED')) {
      this.retryCreations(kind.namespaced ? namespace : name);
    }
    if (POD_INPUTS.has(kind.kind)) this.retryPods(namespace);
    if (kind.kind === 'Pod') this.disruptionBudgets(namespace);
    if (kind.kind === 'Deployment' && type !== 'DELETED') this.autoscalers(namespace);
    const owners = object.metadata.ownerReferences ?? previous?.metadata.ownerReferences ?? [];
    for (const owner of owners) this.addNamed(owner.kind, namespace, owner.name);
    this.finishDeletions(change);
  }

  /** Finalizers of the cluster itself end when what they wait for is gone. */
  private finishDeletions({ type, kind, object }: Change): void {
    const { namespace = '', name, deletionTimestamp } = object.metadata;
    if (deletionTimestamp && type !== 'DELETED') {
      this.add('foreground', namespace, `${kind.kind}/${name}`, () =>
        this.garbage.finishForeground(kind, namespace, name),
      );
    }
    for (const owner of type === 'DELETED' ? (object.metadata.ownerReferences ?? []) : []) {
      const owning = KINDS.find(({ kind: known }) => known === owner.kind);
      if (!owning) continue;
      this.add('foreground', namespace, `${owner.kind}/${owner.name}`, () =>
        this.garbage.finishForeground(owning, namespace, owner.name),
      );
    }
    if (kind.kind === 'PersistentVolumeClaim' || kind.kind === 'Pod') {
      this.add('claims', namespace, '', () => this.garbage.finishClaims(namespace));
    }
  }

  private enqueue(object: KubernetesObject): void {
    const { namespace = '', name } = object.metadata;
    this.addNamed(object.kind, namespace, name);
  }

  private addNamed(kind: string, namespace: string, name: string): void {
    const reconcile = {
      Namespace: () => {
        this.namespaces.reconcile(name);
        this.options.failures.keepQuotas();
      },
      Deployment: () => this.deployments.reconcile(namespace, name),
      ReplicaSet: () => this.sets.reconcile(namespace, name),
      Job: () => this.jobs.reconcile(namespace, name),
      Pod: () => this.pods.reconcile(namespace, name),
      ResourceQuota: () => reconcileQuotas(this.store, namespace),
      Ingress: () => reconcileIngress(this.store, namespace, name),
      PodDisruptionBudget: () => reconcileDisruptionBudget(this.store, namespace, name),
      HorizontalPodAutoscaler: () => reconcileAutoscaler(this.store, namespace, name),
    }[kind];
    if (reconcile) this.add(kind, namespace, name, reconcile);
  }

  private retryCreations(namespace: string): void {
    for (const job of this.store.list(kindNamed('Job'), namespace)) this.enqueue(job);
    const sets = this.store.list(kindNamed('ReplicaSet'), namespace) as ReplicaSet[];
    for (const set of sets.filter(hasFailure)) this.enqueue(set);
  }

  private retryPods(namespace: string): void {
    const pods = this.store.list(kindNamed('Pod'), namespace) as Pod[];
    for (const pod of pods.filter((candidate) => !isReady(candidate))) this.enqueue(pod);
  }

  private disruptionBudgets(namespace: string): void {
    for (const budget of this.store.list(kindNamed('PodDisruptionBudget'), namespace)) this.enqueue(budget);
  }

  private autoscalers(namespace: string): void {
    for (const autoscaler of this.store.list(kindNamed('HorizontalPodAutoscaler'), namespace)) this.enqueue(autoscaler);
  }

  private add(controller: string, namespace: string, name: string, work: () => void): void {
    this.queue.set(`${controller}/${namespace}/${name}`, work);
    this.draining ??= setImmediate(() => this.drain());
  }

  private drain(): void {
    this.draining = undefined;
    const batch = [...this.queue.values()];
    this.queue.clear();
    for (const work of batch) work();
  }
}
