import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import type { Batch, LogCursor } from './log-tail.js';

/** What operators see of a consumer. */
export interface ConsumerStatus {
  readonly name: string;
  readonly kind: 'projection' | 'policy';
  /** `retrying` waits for something outside; `stopped` needs a person. */
  readonly state: 'running' | 'retrying' | 'stopped';
  /** Position up to which it has worked, as a decimal string. */
  readonly position: string;
  readonly problem?: string;
  /** ISO instant of the first event that a policy has taken and not done with. Parked ones are done with here. */
  readonly oldestUnhandled?: string;
}

/** Something that works through the log in order. `apply` must have kept its position before it resolves. */
export interface Consumer {
  readonly name: string;
  readonly kind: ConsumerStatus['kind'];
  readonly cursor: LogCursor;
  /** Largest number of log entries in one batch. */
  readonly batch: number;
  readonly apply: (batch: Batch, signal: AbortSignal) => Promise<void>;
  /** Where work goes on side by side: what operators see in place of the cursor's position. */
  readonly progress?: () => {
    readonly position: bigint;
    readonly trouble: string | undefined;
    readonly oldestUnhandled: string | undefined;
  };
  /** True for an error that no repetition mends. */
  readonly fatal: (error: unknown) => boolean;
  /** Keeps a position that was not kept yet, at the end. */
  readonly finish: () => Promise<void>;
}

/** Runs one consumer until it is told to stop; infrastructure errors are retried with growing pauses. */
export class ConsumerLoop {
  private readonly stopping = new AbortController();
  private state: ConsumerStatus['state'] = 'running';
  private problem: string | undefined;
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

  /** Resolves when the batch in hand is finished. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done;
    this.consumer.cursor.close();
    if (this.state !== 'running') return;
    // Not a loss: what was passed over without work is passed over again at the next start.
    await this.consumer.finish().catch((error: unknown) => {
      this.logger.warn({ consumer: this.consumer.name, err: error }, `${this.consumer.name} kept its last checkpoint`);
    });
  }

  private async run(): Promise<void> {
    const { consumer } = this;
    const { signal } = this.stopping;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const batch = await consumer.cursor.take(consumer.batch, signal);
        if (!batch) return;
        await consumer.apply(batch, signal);
        consumer.cursor.advance(batch.position);
        failures = 0;
        this.state = 'running';
        this.problem = undefined;
      } catch (error) {
        if (signal.aborted) return;
        this.problem = error instanceof Error ? error.message : String(error);
        if (consumer.fatal(error)) {
          this.state = 'stopped';
          consumer.cursor.close();
          this.logger.error({ consumer: consumer.name, err: error }, `${consumer.name} stopped: ${this.problem}`);
          return;
        }
        this.state = 'retrying';
        const pause = Math.min(100 * 2 ** failures++, 10_000);
        this.logger.warn({ consumer: consumer.name, err: error }, `${consumer.name} tries again in ${pause} ms`);
        await delay(pause, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
