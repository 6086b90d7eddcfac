import type { RecordedEvent } from './event.js';
import { UnreadableEvent } from './errors.js';
import type { EventStore, LogEntry } from './event-store.js';
import { KnownLog, type LogMark } from './known-log.js';
import { type Ahead, type Lag, LagGauge, PassedEntries } from './lag.js';

const capacity = 2_000;
const page = 500;
const slowReaderMs = 1_000;
/** A reader that wants nothing of what came hears of it after this time: waking it costs more than the news is worth. */
const passEveryMs = 100;

/** What a cursor got: the events that it wants with their personal values, and the position up to which it has seen everything. */
export interface Batch {
  readonly events: readonly RecordedEvent[];
  readonly position: bigint;
}

/**
 * The end of the log, read once for the whole process: one subscription fills a bounded window, and every
 * consumer takes from it at its own pace. A consumer that fell out of the window pages through the store until
 * it is back, so a slow one holds up nobody for longer than a moment.
 */
export class LogTail {
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

/** One reader's place in the log. Not for concurrent use. */
export class LogCursor {
  private readonly gauge: LagGauge;
  private resume: (() => void) | undefined;
  private signal: AbortSignal | undefined;
  private hurried = -1n;
  private restUntil = 0;
  private endRest: (() => void) | undefined;

  constructor(
    private readonly tail: LogTail,
    private seen: bigint,
    private readonly wants: (type: string) => boolean,
    private readonly restMs: number,
  ) {
    this.gauge = new LagGauge(tail);
  }

  get position(): bigint {
    return this.seen;
  }

  /**
   * Waits until the log goes on and answers its next part, at most `max` entries long; the part may hold no
   * event that is wanted. Answers undefined when the signal or the end of the tail comes first.
   * @throws EventStoreUnavailable when it has to page and the store is away, SubjectKeysUnavailable
   * @throws UnreadableEvent when the first event can't be opened; what stands before one that can't is answered first
   */
  async take(max: number, signal: AbortSignal): Promise<Batch | undefined> {
    this.tail.joined(this);
    // Once for many waits.
    if (this.signal !== signal) signal.addEventListener('abort', () => this.wakeNow(), { once: true });
    this.signal = signal;
    await this.rest(signal);
    const entries = await this.tail.after(this, max, signal);
    const last = entries.at(-1);
    if (!last) return undefined;
    const events = entries.flatMap(({ event }) => (event && this.wants(event.type) ? [event] : []));
    if (events.length > 0 && entries.length < max) this.restUntil = performance.now() + this.restMs;
    return this.opened(events, last.position);
  }

  private async opened(stored: readonly RecordedEvent[], position: bigint): Promise<Batch> {
    const { personal } = this.tail.store;
    try {
      return { events: await personal.open(stored), position };
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error;
      const { stream, revision } = error;
      const readable = stored.slice(
        0,
        stored.findIndex((event) => event.stream === stream && event.revision === revision),
      );
      const last = readable.at(-1);
      if (!last) throw error;
      return { events: await personal.open(readable), position: last.position };
    }
  }

  /** Calls back once when it is worth to take again; now and then that is for nothing. */
  onMore(callback: () => void): void {
    this.resume = callback;
    if (this.tail.position > this.seen) this.wake();
  }

  /** Somebody waits until this cursor has passed a position: up to there it hears at once of what it does not want. */
  hurry(position: bigint): void {
    if (position > this.hurried) this.hurried = position;
    this.wakeNow();
  }

  /** @internal */
  isConcerned(entries: readonly LogEntry[]): boolean {
    return this.hurried > this.seen || entries.some(({ event }) => event !== undefined && this.wants(event.type));
  }

  /** @internal */
  wake(): void {
    const { resume } = this;
    this.resume = undefined;
    resume?.();
  }

  private wakeNow(): void {
    this.endRest?.();
    this.wake();
  }

  private async rest(signal: AbortSignal): Promise<void> {
    const ms = this.restUntil - performance.now();
    if (ms <= 0 || this.hurried > this.seen || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.endRest = undefined;
  }

  /** Says that everything up to a position is done with. */
  advance(position: bigint): void {
    this.seen = position;
    this.tail.advanced();
  }

  /**
   * How far somebody who has passed everything up to a position is behind the log.
   * @throws EventStoreUnavailable when only the store knows and is away
   */
  async lag(position: bigint): Promise<Lag> {
    return this.gauge.measure(position);
  }

  /** A cursor may be taken up again afterwards. */
  close(): void {
    this.tail.forget(this);
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
