import { createHash } from 'node:crypto';
import type { StorageFailure } from '../failure-orders.js';
import type { Failures } from '../failures.js';
import { kindNamed } from '../kinds.js';
import { now, type Condition, type Container, type ContainerStatus, type JsonObject, type Pod } from '../objects.js';
import { quantity } from '../quantity.js';
import type { ObjectStore } from '../store.js';
import { warnOf } from './events.js';

const NODE = { name: 'simulator', cpu: 64, memory: 256 * 2 ** 30 };

export function isReady(pod: Pod): boolean {
  const ready = pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  return ready === true && !pod.metadata.deletionTimestamp;
}

/** Its containers have ended for good, so it holds nothing any more. */
export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

type Start =
  | { phase: 'unschedulable'; message: string }
  | { phase: 'waiting'; reason: string; message: string; container: string; killed?: boolean }
  | { phase: 'running' }
  | Ended;

/** Of a pod that is not restarted. */
interface Ended {
  phase: 'ended';
  exitCode: number;
  reason: string;
}

const unboundClaims = '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.';
const outOfMemory = { exitCode: 137, reason: 'OOMKilled' };
const completed: Ended = { phase: 'ended', exitCode: 0, reason: 'Completed' };
const pullErrors = {
  unauthorized: 'failed to authorize: 401 Unauthorized',
  timeout: 'dial tcp: i/o timeout',
} as const;

/** Plays scheduler and kubelet: places a pod, binds its claims and brings its containers up after `startMs`. */
export class PodController {
  private readonly starting = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly store: ObjectStore,
    private readonly startMs: number,
    private readonly failures: Failures,
  ) {}

  reconcile(namespace: string, name: string): void {
    const pod = this.store.get(kindNamed('Pod'), namespace, name) as Pod | undefined;
    if (!pod || hasEnded(pod) || (isReady(pod) && runsForEver(pod))) return;
    const unplaced = this.unplaced(pod);
    if (unplaced) {
      this.write(pod, { phase: 'unschedulable', message: unplaced });
      return;
    }
    const unbound = this.failures.storage;
    if (unbound && claimsOf(pod).some((claim) => !this.isBound(pod, claim))) {
      for (const claim of claimsOf(pod)) this.tellOfClaim(pod, claim, unbound);
      this.write(pod, { phase: 'unschedulable', message: unboundClaims });
      return;
    }
    this.bindClaims(pod);
    if (this.starting.has(pod.metadata.uid)) return;
    if (pod.status?.phase === 'Pending' && !pod.status.containerStatuses) {
      this.write(pod, { phase: 'waiting', reason: 'ContainerCreating', message: '', container: '' });
    }
    this.starting.set(
      pod.metadata.uid,
      setTimeout(() => this.start(pod.metadata.uid, namespace, name), this.startMs),
    );
  }

  stop(): void {
    for (const timer of this.starting.values()) clearTimeout(timer);
  }

  private start(uid: string, namespace: string, name: string): void {
    this.starting.delete(uid);
    const pod = this.store.get(kindNamed('Pod'), namespace, name) as Pod | undefined;
    if (!pod || pod.metadata.uid !== uid) return;
    // The write is a change of its own: a pod that could not start is tried again until its state stays the same.
    this.write(pod, this.nextStart(pod));
  }

  private unplaced(pod: Pod): string | undefined {
    const total = (name: string) =>
      pod.spec.containers.reduce((sum, c) => sum + quantity(c.resources?.requests?.[name]), 0);
    const short = [
      ...(total('cpu') > NODE.cpu ? ['1 Insufficient cpu'] : []),
      ...(total('memory') > NODE.memory ? ['1 Insufficient memory'] : []),
    ];
    if (short.length > 0) return `0/1 nodes are available: ${short.join(', ')}.`;
    const lost = claimsOf(pod).find((claim) => !this.exists('PersistentVolumeClaim', pod, claim));
    return lost && `0/1 nodes are available: persistentvolumeclaim "${lost}" not found.`;
  }

  /** WaitForFirstConsumer: a claim is bound when the first pod that uses it is placed. */
  private bindClaims(pod: Pod): void {
    for (const name of claimsOf(pod)) {
      const claim = this.store.get(kindNamed('PersistentVolumeClaim'), pod.metadata.namespace ?? '', name);
      if (!claim || (claim['status'] as JsonObject | undefined)?.['phase'] === 'Bound') continue;
      const spec = claim['spec'] as JsonObject & { resources: { requests: JsonObject } };
      this.store.put(kindNamed('PersistentVolumeClaim'), {
        ...claim,
        spec: { ...spec, volumeName: `pvc-${claim.metadata.uid}` },
        status: { phase: 'Bound', accessModes: spec['accessModes'] ?? [], capacity: spec.resources.requests },
      });
    }
  }

  private isBound(pod: Pod, name: string): boolean {
    const claim = this.store.get(kindNamed('PersistentVolumeClaim'), pod.metadata.namespace ?? '', name);
    return (claim?.['status'] as JsonObject | undefined)?.['phase'] === 'Bound';
  }

  /** What the volume controller says of a claim that it can't bind. */
  private tellOfClaim(pod: Pod, name: string, { reason, message }: StorageFailure): void {
    const { namespace = '' } = pod.metadata;
    const claim = this.store.get(kindNamed('PersistentVolumeClaim'), namespace, name);
    if (claim) warnOf(this.store, claim, { reason, message, component: 'persistentvolume-controller' });
  }

  private nextStart(pod: Pod): Start {
    const waiting = (container: Container, reason: string, message: string): Start => ({
      phase: 'waiting',
      reason,
      message,
      container: container.name,
    });
    for (const container of pod.spec.containers) {
      const { image } = container;
      const ordered = this.failures.imageFailure(image, pod.metadata.namespace ?? '');
      const missing = this.missingReference(pod, container);
      if (missing) return waiting(container, 'CreateContainerConfigError', missing);
      if (ordered === 'not_found' || /(^|\/)missing[^/]*$|:missing$/.test(image)) {
        const tried = pod.status?.containerStatuses?.some((s) => /Image/.test(waitingReason(s)));
        return tried
          ? waiting(container, 'ImagePullBackOff', `Back-off pulling image "${image}"`)
          : waiting(container, 'ErrImagePull', `failed to pull and unpack image "${image}": ${image}: not found`);
      }
      if (ordered === 'unauthorized' || ordered === 'timeout') {
        return waiting(container, 'ErrImagePull', `failed to pull and unpack image "${image}": ${pullErrors[ordered]}`);
      }
      if (image.endsWith(':crash') || ordered === 'crash' || ordered === 'out_of_memory') {
        const killed = ordered === 'out_of_memory';
        if (pod.spec['restartPolicy'] === 'Never') {
          return { phase: 'ended', ...(killed ? outOfMemory : { exitCode: 1, reason: 'Error' }) };
        }
        const message = `back-off 10s restarting failed container=${container.name} pod=${pod.metadata.name}`;
        return {
          ...waiting(container, 'CrashLoopBackOff', message),
          ...(killed && { killed }),
        };
      }
    }
    return isReady(pod) ? completed : { phase: 'running' };
  }

  private missingReference(pod: Pod, container: Container): string | undefined {
    const references = [
      ...(container.env ?? []).flatMap((env) => [
        { kind: 'Secret', ref: env.valueFrom?.['secretKeyRef'] },
        { kind: 'ConfigMap', ref: env.valueFrom?.['configMapKeyRef'] },
      ]),
      ...(container.envFrom ?? []).flatMap((from) => [
        { kind: 'Secret', ref: from['secretRef'] },
        { kind: 'ConfigMap', ref: from['configMapRef'] },
      ]),
    ];
    for (const { kind, ref } of references) {
      const { name, key, optional } = (ref ?? {}) as { name?: string; key?: string; optional?: boolean };
      if (!name || optional) continue;
      const found = this.store.get(kindNamed(kind), pod.metadata.namespace ?? '', name);
      if (!found) return `${kind.toLowerCase()} "${name}" not found`;
      if (key && !(key in ((found['data'] ?? {}) as JsonObject))) {
        return `couldn't find key ${key} in ${kind} ${pod.metadata.namespace ?? ''}/${name}`;
      }
    }
    return undefined;
  }

  private exists(kind: string, pod: Pod, name: string): boolean {
    return this.store.get(kindNamed(kind), pod.metadata.namespace ?? '', name) !== undefined;
  }

  private write(pod: Pod, start: Start): void {
    const status = statusOf(pod, start);
    if (JSON.stringify(status) !== JSON.stringify(pod.status)) this.store.put(kindNamed('Pod'), { ...pod, status });
  }
}

function runsForEver({ spec }: Pod): boolean {
  return spec['restartPolicy'] !== 'Never' && spec['restartPolicy'] !== 'OnFailure';
}

function waitingReason(status: ContainerStatus): string {
  const reason = (status.state['waiting'] as JsonObject | undefined)?.['reason'];
  return typeof reason === 'string' ? reason : '';
}

export function claimsOf(pod: Pod): string[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
}

function statusOf(pod: Pod, start: Start): Pod['status'] & JsonObject {
  const before = pod.status?.conditions ?? [];
  const condition = (type: string, status: Condition['status'], more: Partial<Condition> = {}): Condition => {
    const old = before.find((entry) => entry.type === type);
    return { type, status, ...more, lastTransitionTime: (old?.status === status && old.lastTransitionTime) || now() };
  };
  if (start.phase === 'unschedulable') {
    const scheduled = condition('PodScheduled', 'False', { reason: 'Unschedulable', message: start.message });
    return { phase: 'Pending', conditions: [scheduled] };
  }
  const up = start.phase === 'running';
  const ended = start.phase === 'ended' ? start : undefined;
  const unready = ended
    ? { reason: 'PodCompleted' }
    : { reason: 'ContainersNotReady', message: `containers with unready status` };
  const ready = condition('Ready', up ? 'True' : 'False', up ? {} : unready);
  return {
    phase: ended ? (ended.exitCode === 0 ? 'Succeeded' : 'Failed') : up ? 'Running' : 'Pending',
    conditions: [
      condition('PodScheduled', 'True'),
      condition('Initialized', 'True'),
      condition('ContainersReady', up ? 'True' : 'False', up ? {} : unready),
      ready,
    ],
    hostIP: '10.0.0.1',
    podIP: podIp(pod),
    startTime: pod.metadata.creationTimestamp,
    containerStatuses: pod.spec.containers.map((container) => containerStatus(container, start)),
  };
}

function containerStatus(container: Container, start: Start): ContainerStatus {
  const up = start.phase === 'running';
  const why = start.phase === 'waiting' && ['', container.name].includes(start.container) ? start : undefined;
  const waiting = { reason: why?.reason ?? 'ContainerCreating', ...(why?.message && { message: why.message }) };
  const crashed = why?.reason === 'CrashLoopBackOff';
  return {
    name: container.name,
    image: container.image,
    imageID:
      up || start.phase === 'ended'
        ? `simulator@sha256:${createHash('sha256').update(container.image).digest('hex')}`
        : '',
    ready: up,
    restartCount: crashed ? 5 : 0,
    ...(crashed && { lastState: { terminated: why.killed ? outOfMemory : { exitCode: 1, reason: 'Error' } } }),
    state: stateOf(start, waiting),
  };
}

function stateOf(start: Start, waiting: JsonObject): JsonObject {
  if (start.phase === 'running') return { running: { startedAt: now() } };
  if (start.phase !== 'ended') return { waiting };
  return { terminated: { exitCode: start.exitCode, reason: start.reason, finishedAt: now() } };
}

function podIp(pod: Pod): string {
  const digest = createHash('sha256').update(pod.metadata.uid).digest();
  return `10.244.${digest.readUInt8(0)}.${1 + (digest.readUInt8(1) % 254)}`;
}
