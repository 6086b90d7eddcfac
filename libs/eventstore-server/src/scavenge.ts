import { setImmediate as nextTurn } from 'node:timers/promises';
import { Catalog } from './catalog.js';
import { isReadable, readableRange } from './retention.js';
import type { Storage } from './storage.js';
import type { StoredEvent } from './stored-event.js';

/** So long others wait for their turn at most, in milliseconds. */
const turnMs = 5;

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
    return this.scavenged;
  }

  async #clear(stream: string): Promise<void> {
    for (let from = 0; this.signal?.aborted !== true;) {
      if (performance.now() - this.#turnBegan > turnMs) {
        await nextTurn();
        this.#turnBegan = performance.now();
      }
      const page = this.#unreadable(stream, from);
      const last = page.at(-1);
      if (last === undefined) return;
      await this.storage.remove(page);
      this.#turnBegan = performance.now();
      this.#events += page.length;
      for (const event of page) this.#bytes += event.data.length + event.metadata.length;
      from = last.revision + 1;
    }
  }

  /** Decided anew for each page: metadata may change between them. */
  #unreadable(stream: string, from: number): StoredEvent[] {
    const catalog = new Catalog(this.storage);
    const last = this.storage.lastRevision(stream);
    const range = readableRange(catalog.metadata(stream), catalog.lastRevision(stream), Date.now());
    if (range.from <= from && range.notBefore === undefined) return [];
    const page = this.storage.pageOfStream(stream, from, false);
    const end = page.findIndex((event) => event.revision >= last || isReadable(range, event));
    return end < 0 ? page : page.slice(0, end);
  }
}
