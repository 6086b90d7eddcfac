import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Attempt } from '../carry-out-steps/attempt.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import { Clusters } from '../clusters/clusters.js';
import type { EnvironmentCommand } from '../domain/environment.decider.js';
import type { Known } from '../domain/environment.js';
import { CompleteWait } from '../domain/step-outcomes.js';
import { tooLate } from '../kubernetes/classify.js';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { hidesPullFailure } from '../kubernetes/pod-failure.js';
import { type Readiness, readiness } from '../kubernetes/readiness.js';
import { describeRef, type KubernetesObject, refOf } from '../kubernetes/resources.js';
import { environmentLabel } from '../manifests/blueprint.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';
import { stepDone, type WorkingEnvironment } from './working-environment.js';

/** What was applied this moment is not up yet: the first look is for what the watch tells, or was up before. */
const firstLookMs = 500;
/** However quiet the watch is, the cluster is looked at this often. */
const pollMs = 2_000;
/** Changes come in bursts; one look serves a whole burst. */
const burstMs = 50;

const judged = [
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
];
const pod = { apiVersion: 'v1', kind: 'Pod' };
/** What tells why something is not up. */
const explaining = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet' }, pod];

/** Waits until everything in the namespace is up. A watch only wakes; what counts is always read afresh. */
@Injectable()
export class WaitStep {
  constructor(
    private readonly clusters: Clusters,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  async wait(environment: WorkingEnvironment, attempt: Attempt): Promise<EnvironmentCommand> {
    const { namespace } = environment.identity;
    const watch = await this.clusters.watchOf(environment);
    const deadline = Date.now() + this.settings.waitMs;
    const bell = new Bell();
    const unwatch = watch.open(namespace, () => bell.ring());
    let told = '';
    try {
      for (let pause = firstLookMs; ; pause = pollMs) {
        await bell.rungWithin(Math.min(pause, Math.max(0, deadline - Date.now())), attempt.signal);
        attempt.hold();
        const seen = await this.look(environment, attempt.signal);
        if (seen.failure && seen.failure.class !== 'transient') throw new StepFailed(seen.failure);
        if (seen.total > 0 && seen.pending.length === 0) {
          return stepDone(CompleteWait, environment, attempt, { ready: seen.ready });
        }
        if (seen.failure) await attempt.hindered('wait', seen.failure);
        if (Date.now() >= deadline) throw this.tooLate(seen);
        const pending = seen.pending.map(({ object, why }) => `${object}: ${why}`);
        const news = JSON.stringify([seen.ready, pending]);
        if (news !== told) await attempt.report({ ready: seen.ready, total: seen.total, pending });
        told = news;
      }
    } finally {
      unwatch();
    }
  }

  private tooLate({ pending, failure }: Readiness): StepFailed {
    const late = { from: 'deadline', seconds: this.settings.waitMs / 1_000, pending } as const;
    return new StepFailed(tooLate({ ...late, ...(failure && { seen: failure }) }));
  }

  /** How everything stands just now. */
  async look(environment: Pick<Known, 'identity' | 'mode' | 'clusterId'>, signal: AbortSignal): Promise<Readiness> {
    const { identity, mode } = environment;
    const { namespace, environmentId } = identity;
    const cluster = await this.clusters.of(environment);
    const list = async (kind: { apiVersion: string; kind: string }): Promise<KubernetesObject[]> => {
      const labels = `${environmentLabel}=${environmentId}`;
      return (await cluster.list(kind, namespace, { labels }, signal)).items;
    };
    if (mode !== 'running') return stopped(await Promise.all([...judged.slice(0, 2), pod].map(list)));
    const [deployments = [], claims = [], autoscalers = []] = await Promise.all(judged.map(list));
    const objects = [...deployments, ...claims];
    const seen = readiness(objects, [], new Date());
    const growing = deployments.flatMap((object) => notScaledYet(object, autoscalers));
    const pending = [
      ...seen.pending,
      ...growing.filter(({ object }) => !seen.pending.some((p) => p.object === object)),
    ];
    if (pending.length === 0) return seen;
    const [[sets = [], pods = []], events] = await Promise.all([
      Promise.all(explaining.map(list)),
      eventsOf(cluster, claims, namespace, signal),
    ]);
    if (pods.some(hidesPullFailure)) events.push(...(await eventsOn(cluster, 'Pod', namespace, signal)));
    const { failure } = readiness([...objects, ...sets], pods, new Date(), events);
    return { ...seen, pending, ready: seen.total - pending.length, ...(failure && { failure }) };
  }
}

/** A claim has no condition that says why it is not bound; only events do. */
async function eventsOf(
  cluster: KubernetesClient,
  claims: readonly KubernetesObject[],
  namespace: string,
  signal: AbortSignal,
): Promise<KubernetesObject[]> {
  const bound = claims.every(({ status }) => (status as { phase?: string } | undefined)?.phase === 'Bound');
  return bound ? [] : eventsOn(cluster, 'PersistentVolumeClaim', namespace, signal);
}

async function eventsOn(
  cluster: KubernetesClient,
  kind: string,
  namespace: string,
  signal: AbortSignal,
): Promise<KubernetesObject[]> {
  const fields = `involvedObject.kind=${kind}`;
  return (await cluster.list({ apiVersion: 'v1', kind: 'Event' }, namespace, { fields }, signal)).items;
}

/** An environment that is to stop has stopped when its last pod is gone; why one was not ready is of no interest. */
function stopped([deployments = [], claims = [], pods = []]: readonly KubernetesObject[][]): Readiness {
  const objects = readiness([...deployments, ...claims], [], new Date());
  const left = pods
    .filter(({ status }) => !['Succeeded', 'Failed'].includes((status as { phase?: string } | undefined)?.phase ?? ''))
    .map((object) => ({ object: describeRef(refOf(object)), why: 'it is still there' }));
  const pending = [...objects.pending, ...left];
  // A pod is none of the objects that are counted, so that there is always something to wait for.
  return { ready: objects.ready, total: objects.total + left.length, pending };
}

class Bell {
  private rung = Promise.withResolvers<void>();

  ring(): void {
    this.rung.resolve();
  }

  async rungWithin(ms: number, signal: AbortSignal): Promise<void> {
    const timer = new AbortController();
    const late = delay(ms, undefined, { signal: AbortSignal.any([signal, timer.signal]) }).catch(() => undefined);
    await Promise.race([this.rung.promise, late]);
    timer.abort();
    await delay(Math.min(burstMs, ms), undefined, { signal }).catch(() => undefined);
    this.rung = Promise.withResolvers();
  }
}

/** A Deployment starts with one pod; until its autoscaler has raised it to the plan's least, it only looks ready. */
function notScaledYet(object: KubernetesObject, autoscalers: readonly KubernetesObject[]): Readiness['pending'] {
  if (object.kind !== 'Deployment') return [];
  const { replicas = 1 } = object['spec'] as { replicas?: number };
  const least = autoscalers
    .map(({ spec }) => spec as { scaleTargetRef: { name: string }; minReplicas?: number })
    .find(({ scaleTargetRef }) => scaleTargetRef.name === object.metadata.name)?.minReplicas;
  if (least === undefined || replicas >= least) return [];
  return [
    { object: describeRef(refOf(object)), why: `its autoscaler has not raised it from ${replicas} to ${least} pods` },
  ];
}
