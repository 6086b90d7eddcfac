import { UnreadableEvent } from './errors.js';
import type { RecordedEvent } from './event.js';
import type { EventStore } from './event-store.js';
import { type Ahead, type Lag, LagGauge } from './lag.js';
import type { LogEntry } from './log-entry.js';

/** What a cursor got: the events that it wants with their personal values, and the position up to which it has seen everything. */
export interface Batch {
  readonly events: readonly RecordedEvent[];
  readonly position: bigint;
}

/** What a cursor needs of the log's end, which `LogTail` is. */
export interface LogEnd {
  readonly store: EventStore;
  /** The newest position that arrived. */
  readonly position: bigint;
  /** Waits for entries behind a cursor; answers none when the signal or the end of the process's reading comes first. */
  after(cursor: LogCursor, max: number, signal: AbortSignal): Promise<readonly LogEntry[]>;
  /** What of the log stands after a position, as far as it has been read here. */
  ahead(position: bigint): Ahead;
  /** A reader counts from its first read on; one that stands by holds up nobody. */
  joined(cursor: LogCursor): void;
  /** A reader is done with a part of the log. */
  advanced(): void;
  forget(cursor: LogCursor): void;
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
    private readonly tail: LogEnd,
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
