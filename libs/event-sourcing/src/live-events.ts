import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { EventStore } from './event-store.js';
import type { RecordedEvent } from './event.js';
import { LogTail } from './log-tail.js';

const batch = 200;
const againMs = 1_000;

/** Somebody who keeps something in memory that events change. */
export interface Listener {
  readonly wants: (type: string) => boolean;
  /** It is followed from here on, at the start or after a gap: what happened before is not told. */
  readonly begins?: () => void;
  readonly hears: (event: RecordedEvent) => void;
  /** Nothing is heard until it begins again; with the error where that was not the end. */
  readonly ends?: (error?: unknown) => void;
}

/**
 * Events as they happen, from the one live end of the log that the process follows anyway. Whatever must not miss one
 * is a policy or a projection: nothing is told here of what happened while the log could not be followed.
 */
@Injectable()
export class LiveEvents {
  constructor(
    private readonly store: EventStore,
    private readonly tail: LogTail,
  ) {}

  /** Follows until the signal or the end of the process's reading comes; begins again when the log can't be read. */
  async follow(listener: Listener, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.followOnce(listener, signal);
        return listener.ends?.();
      } catch (error) {
        listener.ends?.(error);
        await delay(againMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async followOnce({ wants, begins, hears }: Listener, signal: AbortSignal): Promise<void> {
    const cursor = this.tail.open(await this.store.head(), wants);
    try {
      begins?.();
      for (;;) {
        const taken = await cursor.take(batch, signal);
        if (!taken) return;
        for (const event of taken.events) hears(event);
        cursor.advance(taken.position);
      }
    } finally {
      cursor.close();
    }
  }
}
