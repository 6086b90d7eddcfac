import type { EventStore } from './event-store.js';
import type { LogEntry } from './log-entry.js';
import { KnownLog, type LogMark } from './known-log.js';
import { type Ahead, PassedEntries } from './lag.js';
import { LogCursor, type LogEnd } from './log-cursor.js';

const capacity = 2_000;
const page = 500;
const slowReaderMs = 1_000;
/** A reader that wants nothing of what came hears of it after this time: waking it costs more than the news is worth. */
const passEveryMs = 100;

/**
 * The end of the log, read once for the whole process: one subscription fills a bounded window, and every
 * consumer takes from it at its own pace. A consumer that fell out of the window pages through the store until
 * it is back, so a slow one holds up nobody for longer than a moment.
 */
export class LogTail implements LogEnd {
  private readonly window: LogEntry[] = [];
  private readonly passed = new PassedEntries();
  private readonly cursors = new Set<LogCursor>();
  private readonly stopped = new AbortController();
  /** Everything after `floor` and up to `head` stands in the window. */
  private floor = -1n;
  private head = -1n;
  private pumping: Promise<void> | undefined;
  private passing: NodeJS.Timeout | undefined;
  private taken = signalling();
  private failure: string | undefined;
  /** What tells the log from others. */
  readonly log: KnownLog;

  constructor(readonly store: EventStore) {
    this.log = new KnownLog(store, () => this.wakeAll());
  }

  /**
   * @param after position that the reader has seen, -1 for none
   * @param wants picks by event type
   * @param restMs how long events gather after a batch, unless somebody hurries
   */
  open(after: bigint, wants: (type: string) => boolean, restMs = 0): LogCursor {
    return new LogCursor(this, after, wants, restMs);
  }

  /**
   * The event that stands at a position, by which the log up to there is known again; undefined where none does.
   * @throws LogReplaced, EventStoreUnavailable
   */
  async markAt(position: bigint): Promise<LogMark | undefined> {
    // Most who ask are near the end.
    const entry = this.window.findLast((each) => each.position <= position);
    if (entry?.position === position) return entry.event && { position, id: entry.event.id };
    if (position < 0n) return undefined;
    await this.log.confirm();
    const id = await this.store.eventIdAt(position);
    return id === undefined ? undefined : { position, id };
  }

  /** Follows the log from here on even while nobody reads it, so that commands learn when it is replaced. */
  watch(): void {
    this.pumping ??= this.pump();
  }

  /** The newest position that arrived here. */
  get position(): bigint {
    return this.head;
  }

  /** Why the log can't be followed just now; undefined while it is. */
  get trouble(): string | undefined {
    return this.failure;
  }

  async close(): Promise<void> {
    this.stopped.abort();
    this.wakeAll();
    this.taken.raise();
    await this.pumping;
    clearTimeout(this.passing);
  }

  /** @internal Waits for entries behind a cursor; answers none when the signal or the tail's end comes first. */
  async after(cursor: LogCursor, max: number, signal: AbortSignal): Promise<readonly LogEntry[]> {
    this.pumping ??= this.pump();
    while (!signal.aborted && !this.stopped.signal.aborted) {
      if (this.log.replaced) throw this.log.replaced;
      const { position } = cursor;
      if (position < this.floor) {
        const entries = await this.store.readLog(position < 0n ? undefined : position, Math.min(max, page));
        if (entries.length > 0) return entries;
        // Between here and the window stand only the store's own events.
        return [{ position: this.floor }];
      }
      if (position < this.head) {
        // From the end: most readers are near it.
        const start = this.window.findLastIndex((entry) => entry.position <= position) + 1;
        return this.window.slice(start, start + max);
      }
      await new Promise<void>((resolve) => cursor.onMore(resolve));
    }
    return [];
  }

  /** @internal What of the log stands after a position, as far as it has been read here. */
  ahead(position: bigint): Ahead {
    if (!this.pumping || position < this.floor) {
      return { entries: this.passed.after(position) + this.window.length, first: undefined, held: false };
    }
    const start = this.window.findLastIndex((entry) => entry.position <= position) + 1;
    const first = this.window.find((entry, index) => index >= start && entry.event);
    return { entries: this.window.length - start, first, held: true };
  }

  /** @internal A reader counts from its first read on; one that stands by holds up nobody. */
  joined(cursor: LogCursor): void {
    this.cursors.add(cursor);
  }

  /** @internal */
  advanced(): void {
    this.taken.raise();
  }

  /** @internal */
  forget(cursor: LogCursor): void {
    this.cursors.delete(cursor);
    this.taken.raise();
  }

  private async pump(): Promise<void> {
    const positions = [...this.cursors].map((cursor) => cursor.position);
    let begun = positions.length > 0;
    this.floor = this.head = positions.reduce((least, each) => (each < least ? each : least), positions[0] ?? -1n);
    let failures = 0;
    while (!this.stopped.signal.aborted) {
      try {
        await this.log.confirm();
        if (!begun) await this.beginAtEnd();
        begun = true;
        const from = this.head < 0n ? undefined : this.head;
        for await (const entries of this.store.follow(from, this.stopped.signal)) {
          failures = 0;
          this.failure = undefined;
          await this.makeRoom();
          this.window.push(...entries);
          this.head = entries.at(-1)?.position ?? this.head;
          const newest = entries.findLast(({ event }) => event)?.event;
          if (newest) this.log.saw(newest);
          this.wake(entries);
        }
      } catch (error) {
        this.log.doubt();
        this.failure = error instanceof Error ? error.message : String(error);
        if (this.log.replaced) return;
        await this.stoppedWithin(Math.min(100 * 2 ** failures++, 5_000));
      }
    }
  }

  /** Nobody reads yet; who comes later with an older position pages. */
  private async beginAtEnd(): Promise<void> {
    this.floor = this.head = await this.store.head();
    await this.log.identity();
    const newest = await this.markAt(this.head);
    if (newest) this.log.saw(newest);
    this.wakeAll();
  }

  private wake(entries: readonly LogEntry[]): void {
    for (const cursor of this.cursors) if (cursor.isConcerned(entries)) cursor.wake();
    this.passing ??= setTimeout(() => {
      this.passing = undefined;
      for (const cursor of this.cursors) if (cursor.position < this.head) cursor.wake();
    }, passEveryMs);
  }

  private wakeAll(): void {
    for (const cursor of this.cursors) cursor.wake();
  }

  /** Drops what every reader has taken; readers that keep the window full for too long fall out of it. */
  private async makeRoom(): Promise<void> {
    if (this.window.length < capacity) return;
    this.wakeAll();
    const deadline = AbortSignal.timeout(slowReaderMs);
    while (!deadline.aborted && !this.stopped.signal.aborted) {
      const inWindow = [...this.cursors].map((cursor) => cursor.position).filter((each) => each >= this.floor);
      const least = inWindow.reduce((a, b) => (b < a ? b : a), this.head);
      if (least > this.floor) return this.drop(this.window.findLastIndex((entry) => entry.position <= least) + 1);
      await this.taken.orAborted(deadline);
    }
    this.drop(capacity / 2);
  }

  private drop(count: number): void {
    const dropped = this.window.splice(0, count);
    this.floor = dropped.at(-1)?.position ?? this.floor;
    this.passed.add(dropped);
  }

  private async stoppedWithin(ms: number): Promise<void> {
    await signalling().orAborted(AbortSignal.any([this.stopped.signal, AbortSignal.timeout(ms)]));
  }
}

/** A condition that many can wait for; `raise` wakes all who wait now. */
function signalling(): { raise: () => void; orAborted: (signal: AbortSignal) => Promise<void> } {
  let { promise, resolve } = Promise.withResolvers<void>();
  return {
    raise: () => {
      resolve();
      ({ promise, resolve } = Promise.withResolvers<void>());
    },
    orAborted: async (signal) => {
      if (signal.aborted) return;
      const aborted = Promise.withResolvers<void>();
      const onAbort = (): void => aborted.resolve();
      signal.addEventListener('abort', onAbort, { once: true });
      await Promise.race([promise, aborted.promise]);
      signal.removeEventListener('abort', onAbort);
    },
  };
}
