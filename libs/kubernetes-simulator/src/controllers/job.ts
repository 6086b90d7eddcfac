import { randomUUID } from 'node:crypto';
import { ApiError } from '../api-error.js';
import { kindNamed } from '../kinds.js';
import { now, type Condition, type Job, type Pod } from '../objects.js';
import type { ObjectStore } from '../store.js';
import type { Writer } from '../writes.js';
import { warnOf } from './events.js';
import { hasEnded } from './pod.js';
import { controllerOptions, isOwnedBy, ownerReference } from './replica-set.js';

/** It is complete or has failed, so nothing more is done for it. */
function isFinished({ status }: Job): boolean {
  const ends = ['Complete', 'Failed'];
  return status?.conditions?.some(({ type, status: holds }) => ends.includes(type) && holds === 'True') ?? false;
}

interface Counts {
  readonly active: readonly Pod[];
  readonly succeeded: number;
  readonly failed: number;
}

/** Runs a Job's pods to their end: as many as have to succeed, again when they fail, until the limits that it sets. */
export class JobController {
  private readonly deadlines = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly store: ObjectStore,
    private readonly writer: Writer,
  ) {}

  reconcile(namespace: string, name: string): void {
    const job = this.store.get(kindNamed('Job'), namespace, name) as Job | undefined;
    if (!job || job.metadata.deletionTimestamp || isFinished(job)) return;
    const startTime = job.status?.startTime ?? now();
    const counts = this.countsOf(job);
    const end = endOf(job, counts, startTime);
    if (end) {
      for (const { metadata } of counts.active) this.writer.delete(kindNamed('Pod'), namespace, metadata.name);
    } else {
      this.createPods(job, counts);
      this.watchDeadline(job, startTime);
    }
    this.writeStatus(job, startTime, end);
  }

  stop(): void {
    for (const timer of this.deadlines.values()) clearTimeout(timer);
  }

  private podsOf(job: Job): Pod[] {
    const pods = this.store.list(kindNamed('Pod'), job.metadata.namespace ?? '') as Pod[];
    return pods.filter((pod) => isOwnedBy(pod, job));
  }

  private countsOf(job: Job): Counts {
    const pods = this.podsOf(job);
    return {
      active: pods.filter((pod) => !hasEnded(pod) && !pod.metadata.deletionTimestamp),
      succeeded: pods.filter(({ status }) => status?.phase === 'Succeeded').length,
      failed: pods.filter(({ status }) => status?.phase === 'Failed').length,
    };
  }

  private createPods(job: Job, { active, succeeded }: Counts): void {
    const { parallelism, completions, template } = job.spec;
    const { namespace = '', name } = job.metadata;
    const missing = Math.min(parallelism, completions - succeeded) - active.length;
    try {
      for (let made = 0; made < missing; made += 1) {
        const unique = `${name}-${randomUUID().slice(0, 5)}`;
        const metadata = { ...template.metadata, name: unique, ownerReferences: [ownerReference(job)] };
        this.writer.create(kindNamed('Pod'), namespace, { metadata, spec: template.spec }, controllerOptions());
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const message = `Error creating: ${error.message}`;
      warnOf(this.store, job, { reason: 'FailedCreate', message, component: 'job-controller' });
    }
  }

  private writeStatus(job: Job, startTime: string, end: Condition[] | undefined): void {
    const { active, succeeded, failed } = this.countsOf(job);
    const counts = { active: active.length, ready: active.length, succeeded, failed };
    // Like the real server, zero counters are left out.
    const counters = Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
    const done = end?.some(({ type }) => type === 'Complete') === true;
    const status = {
      startTime,
      ...counters,
      ...(end && { conditions: end }),
      ...(done && { completionTime: now() }),
    };
    const live = this.store.get(kindNamed('Job'), job.metadata.namespace ?? '', job.metadata.name);
    if (!live || JSON.stringify(status) === JSON.stringify(live['status'])) return;
    this.store.put(kindNamed('Job'), { ...live, status });
  }

  private watchDeadline(job: Job, startTime: string): void {
    const { uid, namespace = '', name } = job.metadata;
    clearTimeout(this.deadlines.get(uid));
    const { activeDeadlineSeconds: seconds } = job.spec;
    if (seconds === undefined) return;
    const at = Date.parse(startTime) + seconds * 1000;
    this.deadlines.set(
      uid,
      setTimeout(() => this.reconcile(namespace, name), Math.min(Math.max(0, at - Date.now()) + 50, 2 ** 31 - 1)),
    );
  }
}

/** The conditions with which the job ends; undefined while it goes on. */
function endOf({ spec }: Job, { succeeded, failed }: Counts, startTime: string): Condition[] | undefined {
  if (succeeded >= spec.completions) {
    const message = 'Reached expected number of succeeded pods';
    return ends(['SuccessCriteriaMet', 'Complete'], 'CompletionsReached', message);
  }
  const failure = ['FailureTarget', 'Failed'];
  if (failed > spec.backoffLimit) {
    return ends(failure, 'BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  const seconds = spec.activeDeadlineSeconds ?? Number.POSITIVE_INFINITY;
  if (Date.now() < Date.parse(startTime) + seconds * 1000) return undefined;
  return ends(failure, 'DeadlineExceeded', 'Job was active longer than specified deadline');
}

function ends(types: readonly string[], reason: string, message: string): Condition[] {
  return types.map((type) => ({ type, status: 'True', reason, message, lastTransitionTime: now() }));
}
