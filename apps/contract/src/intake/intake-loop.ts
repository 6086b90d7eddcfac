import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { ConsumerSession } from '#libs/event-sourcing/src/consumer-session.js';

export interface IntakeLoopOptions {
  /** Names the intake in the log, and the one process that runs it: `contract/polling`. */
  readonly name: string;
  readonly session: ConsumerSession;
  /** Told once whenever this process becomes the one that runs it. */
  readonly begin: (signal: AbortSignal) => Promise<void>;
  /** A round of work, or work that goes on until the signal. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** What kept a round from its end. It follows again by itself. */
  readonly failed: (error: unknown) => Promise<void>;
  readonly pauseMs: number;
}

/** The longest pause after a round that failed. */
const tryAgainMs = 5_000;

/** Works on one intake while this process owns it, a round after another; another process stands by meanwhile. */
export class IntakeLoop {
  private readonly logger = new Logger('intake');
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;

  constructor(private readonly options: IntakeLoopOptions) {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { name, session } = this.options;
    while (!this.stopping.signal.aborted) {
      const ownership = await session.own(name, this.stopping.signal, () => undefined);
      if (!ownership) return;
      await this.workWhile(AbortSignal.any([this.stopping.signal, ownership.lost]));
      await ownership.release();
    }
  }

  private async workWhile(signal: AbortSignal): Promise<void> {
    const { name, begin, work, failed, pauseMs } = this.options;
    let begun = false;
    while (!signal.aborted) {
      let pause = pauseMs;
      try {
        if (!begun) await begin(signal);
        begun = true;
        await work(signal);
      } catch (error) {
        if (signal.aborted) return;
        pause = Math.min(pauseMs, tryAgainMs);
        this.logger.warn({ intake: name, err: error }, `A round of the intake failed; the next follows in ${pause} ms`);
        await failed(error).catch((away: unknown) => {
          this.logger.debug({ intake: name, err: away }, 'What is wrong with the intake could not be kept');
        });
      }
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }
}
