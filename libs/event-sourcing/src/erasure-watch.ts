import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { EventStore } from './event-store.js';
import type { LogCursor } from './log-cursor.js';
import { LogTail } from './log-tail.js';
import { StateCache } from './state-cache.js';

const keyDestroyed = 'erasure.key_destroyed';
const tryAgainMs = 1_000;

/** Drops keys and states from this process's memory when the log says that the key of a subject is no more. */
@Injectable()
export class ErasureWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('personal-data');
  private readonly stopping = new AbortController();
  private watching: Promise<void> | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly tail: LogTail,
    private readonly states: StateCache,
  ) {}

  onApplicationBootstrap(): void {
    this.watching = this.watch(this.stopping.signal);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.watching;
  }

  private async watch(signal: AbortSignal): Promise<void> {
    let cursor: LogCursor | undefined;
    while (!signal.aborted) {
      try {
        cursor ??= await this.begin();
        const batch = await cursor.take(1_000, signal);
        if (!batch) break;
        if (batch.events.length > 0) this.forget();
        cursor.advance(batch.position);
      } catch (error) {
        this.logger.debug({ err: error }, 'The log is not watched for erasures just now');
        await delay(tryAgainMs, undefined, { signal }).catch(() => undefined);
      }
    }
    cursor?.close();
  }

  private async begin(): Promise<LogCursor> {
    const cursor = this.tail.open(await this.store.head(), (type) => type === keyDestroyed);
    // An erasure may have come after a command of this process and before that position.
    this.forget();
    return cursor;
  }

  private forget(): void {
    this.store.personal.forget();
    this.states.clear();
  }
}
