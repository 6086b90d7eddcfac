import { type BeforeApplicationShutdown, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { sweeps } from './job-metrics.js';

export interface ReconcilerOptions {
  /** Names the reconciler in logs and metrics: `provisioning`. */
  readonly name: string;
  /** Pause between the end of a sweep and the next one. */
  readonly everyMs: number;
  /** Pause after a sweep that failed; `everyMs` unless given. */
  readonly retryMs?: number;
  /** Finds what is due and queues it again. Must stop soon after the signal. */
  readonly sweep: (signal: AbortSignal) => Promise<void>;
}

/** Sweeps at the start of the app and then periodically, one sweep at a time. A sweep that fails waits for the next. */
export class Reconciler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('reconciler');
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private pause = new AbortController();

  constructor(private readonly options: ReconcilerOptions) {}

  /** Sweeps now, or once more after the sweep that is going on. */
  wake(): void {
    this.pause.abort();
  }

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { name, everyMs, retryMs = everyMs, sweep } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      let pauseMs = everyMs;
      this.pause = new AbortController();
      try {
        await sweep(signal);
        sweeps.inc({ reconciler: name, end: 'done' });
      } catch (error) {
        if (signal.aborted) return;
        sweeps.inc({ reconciler: name, end: 'failed' });
        pauseMs = retryMs;
        this.logger.warn({ reconciler: name, err: error }, `A sweep failed; the next one follows in ${pauseMs} ms`);
      }
      await delay(pauseMs, undefined, { signal: AbortSignal.any([signal, this.pause.signal]) }).catch(() => undefined);
    }
  }
}
