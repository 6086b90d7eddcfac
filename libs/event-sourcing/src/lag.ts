import type { EventStore } from './event-store.js';
import type { LogEntry } from './log-entry.js';

/** How far a consumer is behind the log. */
export interface Lag {
  /**
   * Events of the log, of whatever type, that it has not passed. The log has no count of its own, so it is exact as
   * far back as this process holds the log (1,000 events at least once it has read so many), and further back a lower
   * bound.
   */
  readonly events: number;
  /** Age of the oldest of these events, always exact; 0 when there is none. */
  readonly seconds: number;
}

/** What this process holds of the log after a position. */
export interface Ahead {
  readonly entries: number;
  /** The first one that is an event of ours; undefined also where only the store knows. */
  readonly first: LogEntry | undefined;
  /** False when the position stands before all that is held. */
  readonly held: boolean;
}

/** Measures one consumer. Asks the store only for a consumer that is far behind, and once for each position. */
export class LagGauge {
  private seen: { readonly position: bigint; readonly events: number; readonly since: string | undefined } | undefined;

  constructor(private readonly log: { readonly store: EventStore; ahead(position: bigint): Ahead }) {}

  /** @throws EventStoreUnavailable when only the store knows and is away */
  async measure(position: bigint): Promise<Lag> {
    const { entries, first, held } = this.log.ahead(position);
    const before = this.seen?.position === position ? this.seen : undefined;
    const since = held ? first?.event?.metadata.occurredAt : (before?.since ?? (await this.inStore(position)));
    // What stands after a position never gets less, though this process may hold less of it than before.
    const events = Math.max(entries, before?.events ?? 0, since === undefined ? 0 : 1);
    this.seen = { position, events, since };
    return { events, seconds: since === undefined ? 0 : secondsSince(since) };
  }

  private async inStore(position: bigint): Promise<string | undefined> {
    for await (const { entries } of this.log.store.scan(position, 2n ** 63n, 1)) {
      const occurredAt = entries[0]?.event?.metadata.occurredAt;
      if (occurredAt !== undefined) return occurredAt;
    }
    return undefined;
  }
}

const mostMarks = 2_000;
const entriesBetweenMarks = 500;

/** Counts what a window on the log has let go of, so that somebody who stays behind is seen to fall back further. */
export class PassedEntries {
  private total = 0;
  /** How many had gone by at a position; in order. */
  private readonly marks: { readonly position: bigint; readonly total: number }[] = [];

  add(entries: readonly LogEntry[]): void {
    for (const { position } of entries) {
      this.total++;
      if (this.total - (this.marks.at(-1)?.total ?? 0) === entriesBetweenMarks) {
        this.marks.push({ position, total: this.total });
      }
    }
    if (this.marks.length > mostMarks) this.marks.splice(0, this.marks.length - mostMarks);
  }

  /** How many of them stand after a position: at least so many, and about 500 more at most. */
  after(position: bigint): number {
    const mark = this.marks.find((each) => each.position >= position);
    return mark ? this.total - mark.total + (mark.position > position ? 1 : 0) : 0;
  }
}

export function secondsSince(instant: string): number {
  return Math.max(0, (Date.now() - Date.parse(instant)) / 1000);
}
