import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { Job, Queue } from 'bull';
import type { CheckResult } from '#libs/http/src/health.js';
import { jobEvents } from './job-metrics.js';

export interface NewJob {
  /** Unique in the queue while the job waits or runs: adding it again then changes nothing. */
  readonly id: string;
  /** Which `@Process(name)` does it. */
  readonly name: string;
  readonly data: object;
  /** Not before this instant; at once when absent or past. */
  readonly at?: Date;
}

/** Less than a process has for its whole shutdown. */
const jobsEndWithinMs = 8_000;
const answerWithinMs = 3_000;
/** Commands to Redis that have no answer; more would only wait in memory. */
const mostUnanswered = 500;

/** Redis could not take the job. Whatever the log says is due is queued again by the reconciler. */
export class JobQueueUnavailable extends Error {
  constructor(queue: string, cause: unknown) {
    super(`Redis does not take jobs for the queue ${queue}. Check that it runs and that REDIS_URL is right.`, {
      cause,
    });
    this.name = 'JobQueueUnavailable';
  }
}

/**
 * When Redis forgets a job that a worker has in hand, Bull writes the end of it to a hash without the job's data.
 * In no list and never to be run, it would keep its id from ever being queued again.
 */
const removeGhost = `
  if redis.call('exists', KEYS[1]) == 1 and redis.call('hexists', KEYS[1], 'opts') == 0 then
    redis.call('del', KEYS[1])
  end`;

/** One Bull queue. Finished and failed jobs leave nothing behind: the log remembers, Redis only wakes workers. */
export class JobQueue implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('jobs');
  private readonly started = Promise.withResolvers<void>();
  private troubled = false;
  private unanswered = 0;
  private closing = false;

  constructor(private readonly queue: Queue) {
    // Jobs come in as soon as Bull is connected, which may be before their commands have handlers. Nest does not await
    // `process`; it rejects when the app stops before Redis was ever reached.
    const start = queue.process.bind(queue) as (...handler: unknown[]) => Promise<void>;
    // Bull gives its connection a name and listens to nobody: a queue that closes meanwhile would end the process.
    Object.assign(queue, { setWorkerName: () => Promise.resolve() });
    queue.process = (...handler: unknown[]) =>
      this.started.promise.then(() => start(...handler)).catch((error: unknown) => this.report(error));
    queue.on('error', (error) => this.report(error));
    queue.on('failed', (job: Job, error) => {
      jobEvents.inc({ queue: queue.name, event: 'failed' });
      this.logger.warn({ queue: queue.name, job: job.id, err: error }, 'A job failed');
    });
    for (const event of ['completed', 'stalled'] as const) {
      queue.on(event, () => jobEvents.inc({ queue: queue.name, event }));
    }
  }

  get name(): string {
    return this.queue.name;
  }

  onApplicationBootstrap(): void {
    this.queue.client.on('ready', () => (this.troubled = false));
    this.started.resolve();
  }

  /** @throws JobQueueUnavailable when Redis is away */
  async add({ id, name, data, at }: NewJob): Promise<void> {
    const wait = at ? Math.max(0, at.getTime() - Date.now()) : 0;
    try {
      await this.inTime(() => this.queue.client.eval(removeGhost, 1, this.queue.toKey(id)));
      await this.inTime(() =>
        this.queue.add(name, data, { jobId: id, delay: wait, removeOnComplete: true, removeOnFail: true }),
      );
    } catch (error) {
      throw new JobQueueUnavailable(this.queue.name, error);
    }
    jobEvents.inc({ queue: this.queue.name, event: 'added' });
  }

  /** A frozen Redis says nothing; a job that it takes after all is in the queue once, by its id. */
  private async inTime<Result>(ask: () => Promise<Result>): Promise<Result> {
    if (this.unanswered >= mostUnanswered) throw new Error('Command timed out');
    this.unanswered += 1;
    const answer = ask().finally(() => (this.unanswered -= 1));
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error('Command timed out')), answerWithinMs);
    try {
      return await Promise.race([answer, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Rejects, or takes too long, when Redis is away. */
  async health(): Promise<CheckResult> {
    await this.queue.client.ping();
    return { ok: true };
  }

  /** Takes no more jobs and waits a while for those in hand; stores that they work with are still open. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    const enough = new AbortController();
    const late = delay(jobsEndWithinMs, 'late', { signal: enough.signal }).catch(() => undefined);
    if ((await Promise.race([this.queue.close(), late])) === 'late') {
      this.logger.warn({ queue: this.queue.name }, 'Jobs in hand are left behind; another process takes them up');
      // Nest's module closes the queue once more, and would wait for them too.
      this.queue.close = async () => undefined;
    }
    enough.abort();
  }

  /** One line for each time that Redis goes away, not one for each try to reach it. */
  private report(error: unknown): void {
    if (this.troubled || this.closing) return;
    this.troubled = true;
    this.logger.warn({ queue: this.queue.name, err: error }, 'Redis is away; jobs wait until it is back');
  }
}
