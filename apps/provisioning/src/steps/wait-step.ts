import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Attempt } from '../carry-out-steps/attempt.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import { CompleteWait, type EnvironmentCommand } from '../domain/environment.decider.js';
import { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { type Readiness, readiness } from '../kubernetes/readiness.js';
import { describeRef, type KubernetesObject, refOf } from '../kubernetes/resources.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';
import { outcome, type WorkingEnvironment } from './working-environment.js';

/** However quiet the watch is, the cluster is looked at this often. */
const pollMs = 2_000;
/** Changes come in bursts; one look serves a whole burst. */
const burstMs = 50;
const watchSeconds = 240;

const deployments = { apiVersion: 'apps/v1', kind: 'Deployment' };
const judged = [
  deployments,
  { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
];

/** Waits until everything in the namespace is up. A watch only wakes; what counts is always read afresh. */
@Injectable()
export class WaitStep {
  constructor(
    private readonly cluster: KubernetesClient,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  async wait(environment: WorkingEnvironment, attempt: Attempt): Promise<EnvironmentCommand> {
    const { namespace, environmentId } = environment.identity;
    const deadline = Date.now() + this.settings.waitMs;
    const finished = new AbortController();
    const signal = AbortSignal.any([attempt.signal, finished.signal]);
    const bell = new Bell();
    const watching = this.ring(bell, namespace, signal);
    let told = '';
    try {
      for (;;) {
        const seen = await this.look(namespace, environmentId, attempt.signal);
        if (seen.failure && seen.failure.class !== 'transient') throw new StepFailed(seen.failure);
        if (seen.total > 0 && seen.pending.length === 0) {
          return outcome(CompleteWait, environment, attempt, { ready: seen.ready });
        }
        if (Date.now() >= deadline) throw tooLate(seen, this.settings.waitMs);
        const pending = seen.pending.map(({ object, why }) => `${object}: ${why}`);
        const news = JSON.stringify([seen.ready, pending]);
        if (news !== told) await attempt.report({ ready: seen.ready, total: seen.total, pending });
        told = news;
        attempt.hold();
        await bell.rungWithin(Math.min(pollMs, Math.max(0, deadline - Date.now())), signal);
      }
    } finally {
      finished.abort();
      await watching;
    }
  }

  private async look(namespace: string, environmentId: string, signal: AbortSignal): Promise<Readiness> {
    const list = async (kind: { apiVersion: string; kind: string }): Promise<KubernetesObject[]> => {
      const labels = `keiyaku.dev/environment=${environmentId}`;
      return (await this.cluster.list(kind, namespace, labels, signal)).items;
    };
    const [pods, autoscalers, ...objects] = await Promise.all([
      list({ apiVersion: 'v1', kind: 'Pod' }),
      list({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' }),
      ...judged.map(list),
    ]);
    const seen = readiness(objects.flat(), pods, new Date());
    const growing = objects.flat().flatMap((object) => notScaledYet(object, autoscalers));
    const pending = [
      ...seen.pending,
      ...growing.filter(({ object }) => !seen.pending.some((p) => p.object === object)),
    ];
    return { ...seen, pending, ready: seen.total - pending.length };
  }

  /** Rings whenever a Deployment changes. A watch that breaks is opened again; the poll goes on meanwhile. */
  private async ring(bell: Bell, namespace: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const changes = this.cluster.watch(deployments, { namespace, timeoutSeconds: watchSeconds, signal });
        while (!(await changes.next()).done) bell.ring();
      } catch {
        // Whatever broke the watch shows in the next look too, where it counts.
        await delay(pollMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }
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

function tooLate({ pending }: Readiness, waitMs: number): StepFailed {
  const [first] = pending;
  const list = pending.map(({ object, why }) => `${object}: ${why}`).join('; ');
  return new StepFailed({
    ...(first && { object: first.object }),
    reason: `Not everything came up within ${waitMs / 1_000} s${list === '' ? '' : ` (${list})`}`,
    whatToDo: "Look at the named objects' pods and events in the cluster, correct the cause, then retry.",
  });
}
