import { EventStoreUnavailable } from './errors.js';
import type { StreamState } from './stream-state.js';

export interface StateCacheLimits {
  readonly streams: number;
  /** Events folded into all cached states; a stream with more than this is never cached. */
  readonly events: number;
}

/**
 * The streams that a process wrote or read last, one cache for all deciders. What it holds may be behind the log,
 * never beside it: the expected revision of an append and reading forward tell the two apart.
 */
export class StateCache {
  /** In order of use, the least recent first. */
  private readonly entries = new Map<string, { readonly known: StreamState<unknown>; readonly events: number }>();
  /**
   * Stands behind the streams that were given up. A new iterator each time would step over the places of all that were
   * taken out before it, which takes 10 µs in a full cache.
   */
  private oldest = this.entries.keys();
  private readonly lines = new Map<string, Promise<unknown>>();
  private events = 0;
  /** Counts how often the cache was cleared. */
  generation = 0;

  constructor(private readonly limits: StateCacheLimits = { streams: 10_000, events: 500_000 }) {}

  get size(): number {
    return this.entries.size;
  }

  /** A category has one decider, so the caller knows what `State` is. */
  get<State>(stream: string): StreamState<State> | undefined {
    const entry = this.entries.get(stream);
    if (!entry) return undefined;
    this.entries.delete(stream);
    this.entries.set(stream, entry);
    return entry.known as StreamState<State>;
  }

  /** Freezes the state to its last leaf, so that no decider changes it under another command. */
  keep(known: StreamState<unknown>): void {
    deepFreeze(known.state);
    this.drop(known.stream);
    if (known.generation !== this.generation) return;
    const events = known.revision + 1;
    if (events === 0 || events > this.limits.events) return;
    this.entries.set(known.stream, { known, events });
    this.events += events;
    while (this.entries.size > this.limits.streams || this.events > this.limits.events) this.dropOldest();
  }

  drop(stream: string): void {
    this.events -= this.entries.get(stream)?.events ?? 0;
    this.entries.delete(stream);
  }

  private dropOldest(): void {
    let oldest = this.oldest.next();
    if (oldest.done === true) {
      this.oldest = this.entries.keys();
      oldest = this.oldest.next();
    }
    if (oldest.done !== true) this.drop(oldest.value);
  }

  /** Forgets every state, and does not take back those that commands are working with. */
  clear(): void {
    this.entries.clear();
    this.events = 0;
    this.generation++;
  }

  /**
   * Runs one work at a time on a stream, in order: in one process nothing is loaded twice at once, and no race is
   * lost. When the event store goes away under one work, those in line behind it fail with it.
   */
  async exclusively<Result>(stream: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.lines.get(stream);
    const turn = before ? before.then(work, (error: unknown) => afterFailure(error, work)) : work();
    this.lines.set(stream, turn);
    try {
      return await turn;
    } finally {
      if (this.lines.get(stream) === turn) this.lines.delete(stream);
    }
  }
}

function afterFailure<Result>(error: unknown, work: () => Promise<Result>): Promise<Result> {
  if (error instanceof EventStoreUnavailable) throw new EventStoreUnavailable(error);
  return work();
}

export function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
}
