import { type BeforeApplicationShutdown, Logger, type OnApplicationBootstrap } from '@nestjs/common';
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
  private endPause: () => void = () => undefined;
  private woken = false;

  constructor(private readonly options: ReconcilerOptions) {}

  /** Sweeps now, or once more after the sweep that is going on. */
  wake(): void {
    this.woken = true;
    this.endPause();
  }

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.endPause();
    await this.running;
  }

  private async run(): Promise<void> {
    const { name, everyMs, retryMs = everyMs, sweep } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      let pauseMs = everyMs;
      this.woken = false;
      try {
        await sweep(signal);
        sweeps.inc({ reconciler: name, end: 'done' });
      } catch (error) {
        if (signal.aborted) return;
        sweeps.inc({ reconciler: name, end: 'failed' });
        pauseMs = retryMs;
        this.logger.warn({ reconciler: name, err: error }, `A sweep failed; the next one follows in ${pauseMs} ms`);
      }
      if (!this.woken) await this.paused(pauseMs);
    }
  }

  private async paused(ms: number): Promise<void> {
    if (this.stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
