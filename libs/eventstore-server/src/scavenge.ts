import { setImmediate as nextTurn } from 'node:timers/promises';
import { Catalog } from './catalog.js';
import { isReadable, readableRange } from './retention.js';
import type { Storage } from './storage.js';
import type { StoredEvent } from './stored-event.js';

/** So long others wait for their turn at most, in milliseconds. */
const turnMs = 5;
/** Events that one transaction removes, about. */
const mostAtOnce = 1_000;

export interface Scavenged {
  readonly streams: number;
  /** Events that were removed. */
  readonly events: number;
  /** Of these events; the file keeps its size, and the room is used for what comes. */
  readonly bytes: number;
}

/**
 * Removes what no reader of a stream can see any more: truncated, expired and superseded events, and what was deleted.
 * The last event of each stream stays, since the next one is numbered after it. Works in small transactions between
 * those of the writers. What a kill leaves undone, the next run does.
 */
export class Scavenge {
  #streams = 0;
  #events = 0;
  #bytes = 0;
  #turnBegan = 0;
  #found: StoredEvent[] = [];

  constructor(
    private readonly storage: Storage,
    private readonly signal?: AbortSignal,
  ) {}

  get scavenged(): Scavenged {
    return { streams: this.#streams, events: this.#events, bytes: this.#bytes };
  }

  /** Until it is through, or the signal comes. */
  async run(): Promise<Scavenged> {
    this.#turnBegan = performance.now();
    for (const stream of this.storage.streamNames()) {
      await this.#clear(stream);
      if (this.signal?.aborted === true) break;
      this.#streams += 1;
    }
    await this.#endTurn();
    return this.scavenged;
  }

  async #clear(stream: string): Promise<void> {
    let from = 0;
    do {
      const { events, next } = this.#unreadable(stream, from);
      this.#found.push(...events);
      from = next;
      const isOver = performance.now() - this.#turnBegan > turnMs || this.#found.length >= mostAtOnce;
      if (isOver) await this.#endTurn();
    } while (from < Infinity && this.signal?.aborted !== true);
  }

  /** Removes what this turn has found before others have theirs: they might change what can be read. */
  async #endTurn(): Promise<void> {
    const found = this.#found;
    this.#found = [];
    if (found.length === 0) await nextTurn();
    else await this.storage.remove(found);
    this.#events += found.length;
    for (const event of found) this.#bytes += event.data.length + event.metadata.length;
    this.#turnBegan = performance.now();
  }

  /** From that number on, at most a page, and where the next one begins: nowhere once a reader sees what follows. */
  #unreadable(stream: string, from: number): { events: StoredEvent[]; next: number } {
    const catalog = new Catalog(this.storage);
    const last = this.storage.lastRevision(stream);
    const range = readableRange(catalog.metadata(stream), catalog.lastRevision(stream), Date.now());
    if (range.from <= from && range.notBefore === undefined) return { events: [], next: Infinity };
    const page = this.storage.pageOfStream(stream, from, false);
    const end = page.findIndex((event) => event.revision >= last || isReadable(range, event));
    return end < 0
      ? { events: page, next: (page.at(-1)?.revision ?? Infinity) + 1 }
      : { events: page.slice(0, end), next: Infinity };
  }
}
