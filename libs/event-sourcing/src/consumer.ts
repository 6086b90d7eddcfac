import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import type { ConsumerSession } from './consumer-session.js';
import { NewerReadModelServes, NewerSchemaVersion } from './errors.js';
import { type Lag, secondsSince } from './lag.js';
import type { Batch, LogCursor } from './log-cursor.js';

/** How long a consumer that needs a newer program leaves the way free for one. */
const lookAgainMs = 2_000;

/** What operators see of a consumer. */
export interface ConsumerStatus {
  readonly name: string;
  readonly kind: 'projection' | 'policy';
  /**
   * `standby` while another process runs it; `starting` until its table is there, which a new version fills first; `retrying` waits for something outside; `paused` needs a newer program
   * and goes on by itself once one is there; `stopped` needs a person.
   */
  readonly state: 'standby' | 'starting' | 'running' | 'retrying' | 'paused' | 'stopped';
  /** Position up to which it has worked, as a decimal string. In standby: when it worked last. */
  readonly position: string;
  readonly problem?: string;
  /** ISO instant of the first event that a policy has taken and not done with. Parked ones are done with here. */
  readonly oldestUnhandled?: string;
}

/** A status with how far the consumer is behind the log, where this process knows it. */
export interface ConsumerReport extends ConsumerStatus {
  readonly lagEvents?: number;
  readonly lagSeconds?: number;
}

/** Something that works through the log in order. `apply` must have kept its position before it resolves. */
export interface Consumer {
  readonly name: string;
  readonly kind: ConsumerStatus['kind'];
  /** Names the one process that runs it. */
  readonly session: ConsumerSession;
  readonly cursor: LogCursor;
  /** Largest number of log entries in one batch. */
  readonly batch: number;
  /** Called when this process became the owner and after every failure: sets the cursor to where the work stands. */
  readonly begin: (signal: AbortSignal) => Promise<void>;
  readonly apply: (batch: Batch, signal: AbortSignal) => Promise<void>;
  /** Where work goes on side by side: what operators see in place of the cursor's position. */
  readonly progress?: () => {
    readonly position: bigint;
    readonly trouble: string | undefined;
    readonly oldestUnhandled: string | undefined;
  };
  /** Reads the checkpoint: up to where the work stands, whichever process did it. */
  readonly saved: () => Promise<bigint>;
  /** True for an error that no repetition mends. */
  readonly fatal: (error: unknown) => boolean;
  /** Keeps a position that was not kept yet, at the end. */
  readonly finish: () => Promise<void>;
}

/** Runs one consumer until it is told to stop; infrastructure errors are retried with growing pauses. */
export class ConsumerLoop {
  private readonly stopping = new AbortController();
  private state: ConsumerStatus['state'] = 'standby';
  private problem: string | undefined;
  private failedToBegin = false;
  private readonly done: Promise<void>;

  constructor(
    private readonly consumer: Consumer,
    private readonly logger: Logger,
  ) {
    this.done = this.run();
  }

  get status(): ConsumerStatus {
    const { name, kind, cursor, progress } = this.consumer;
    const { position, trouble, oldestUnhandled } = progress?.() ?? { position: cursor.position };
    const problem = this.problem ?? trouble;
    const state = this.state === 'running' && trouble !== undefined ? 'retrying' : this.state;
    return {
      name,
      kind,
      state,
      position: position.toString(),
      ...(problem !== undefined && { problem }),
      ...(oldestUnhandled !== undefined && { oldestUnhandled }),
    };
  }

  /** The status with the lag, which is missing where it can't be known just now. */
  async report(): Promise<ConsumerReport> {
    const { status } = this;
    try {
      const lag = await this.lag();
      return lag ? { ...status, lagEvents: lag.events, lagSeconds: lag.seconds } : status;
    } catch (error) {
      this.logger.debug({ consumer: status.name, err: error }, 'The lag could not be measured');
      return status;
    }
  }

  /** Resolves when the batch in hand is finished. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done;
  }

  /**
   * Undefined in standby: only the owner knows. A consumer that has not begun here, was stopped or pauses goes by its
   * checkpoint, because another process may have gone on with it.
   */
  private async lag(): Promise<Lag | undefined> {
    if (this.state === 'standby') return undefined;
    const { cursor, progress, saved } = this.consumer;
    const { position, oldestUnhandled } = progress?.() ?? { position: cursor.position };
    if (this.state !== 'running' && (this.state !== 'retrying' || position < 0n)) return cursor.lag(await saved());
    const lag = await cursor.lag(position);
    // Events that do not concern a policy may stand before the oldest one that it works on.
    return oldestUnhandled === undefined ? lag : { ...lag, seconds: secondsSince(oldestUnhandled) };
  }

  private async run(): Promise<void> {
    const { consumer } = this;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const ownership = await consumer.session.own(consumer.name, signal, () => this.is('standby'));
      if (!ownership) return;
      await this.work(AbortSignal.any([signal, ownership.lost]));
      consumer.cursor.close();
      await ownership.release();
      const { state } = this.status;
      if (state === 'stopped') return;
      if (state === 'paused') await delay(lookAgainMs, undefined, { signal }).catch(() => undefined);
      else this.is('standby');
    }
  }

  /** Works as the owner, until the signal or an error that this process can't get over. */
  private async work(signal: AbortSignal): Promise<void> {
    const { consumer } = this;
    let begun = false;
    let failures = 0;
    while (!signal.aborted) {
      try {
        if (this.state === 'standby') this.is('starting');
        if (!begun) await consumer.begin(signal);
        begun = true;
        if (this.state === 'starting' || this.failedToBegin) this.is('running');
        const batch = await consumer.cursor.take(consumer.batch, signal);
        if (!batch) break;
        await consumer.apply(batch, signal);
        consumer.cursor.advance(batch.position);
        failures = 0;
        if (this.state !== 'running') this.is('running');
      } catch (error) {
        this.failedToBegin = !begun;
        begun = false;
        if (signal.aborted) break;
        if (this.givesUp(error)) return;
        const pause = Math.min(100 * 2 ** failures++, 10_000);
        this.logger.warn({ consumer: consumer.name, err: error }, `${consumer.name} tries again in ${pause} ms`);
        await delay(pause, undefined, { signal }).catch(() => undefined);
      }
    }
    if (!begun) return;
    // Not a loss: what was passed over without work is passed over again at the next start.
    await consumer.finish().catch((error: unknown) => {
      this.logger.warn({ consumer: consumer.name, err: error }, `${consumer.name} kept its last checkpoint`);
    });
  }

  /** A state without a problem. */
  private is(state: 'standby' | 'starting' | 'running'): void {
    this.state = state;
    this.problem = undefined;
    this.failedToBegin = false;
  }

  private givesUp(error: unknown): boolean {
    const { name, fatal } = this.consumer;
    const before = this.problem;
    this.problem = error instanceof Error ? error.message : String(error);
    if (error instanceof NewerSchemaVersion || error instanceof NewerReadModelServes) {
      this.state = 'paused';
      if (before !== this.problem) this.logger.warn({ consumer: name }, `${name} pauses: ${this.problem}`);
      return true;
    }
    if (fatal(error)) {
      this.state = 'stopped';
      this.logger.error({ consumer: name, err: error }, `${name} stopped: ${this.problem}`);
      return true;
    }
    this.state = 'retrying';
    return false;
  }
}
