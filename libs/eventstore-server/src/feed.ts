import { cursorOfAll } from './cursor.js';
import { StreamDeleted } from './errors.js';
import type { EventLog } from './event-log.js';
import type { ReadRequest, Start } from './read-request.js';
import { hasExpired } from './retention.js';
import type { StoredEvent } from './stored-event.js';
import { tombstoneRevision } from './tombstone.js';

/** Where a subscription takes its events from. */
export interface Feed {
  /**
   * The next events, none of them when the next ones are hidden; undefined: nothing more at this moment.
   * @throws StreamDeleted when nothing can come any more
   */
  nextPage(): StoredEvent[] | undefined;
  /** Called when nothing more is there. Answers whether there is anything to be caught up with. */
  goLive(): boolean;
}

/** A number as start names the last event that the subscriber has seen. */
export function openFeed(log: EventLog, { stream, start }: ReadRequest): Feed {
  return stream === undefined ? feedOfAll(log, start) : new StreamFeed(log, stream, start);
}

function feedOfAll({ storage }: EventLog, start: Start): Feed {
  const cursor = cursorOfAll(storage, start === 'start' ? 0 : start === 'end' ? storage.end : start + 1, false);
  return {
    nextPage() {
      const page = cursor.nextPage();
      return page.length === 0 ? undefined : page;
    },
    goLive: () => true,
  };
}

/** History is what a read would give. A live subscriber sees every event, also what retention hides from readers. */
class StreamFeed implements Feed {
  #at: number;
  #live: boolean;
  /** Of the tombstone: 'early' when it was there before a subscriber at the end, who never hears of it. */
  #tombstone: 'early' | 'told' | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly stream: string,
    start: Start,
  ) {
    this.#live = start === 'end';
    const last = log.catalog.lastRevision(stream);
    if (last === tombstoneRevision && !this.#live) throw new StreamDeleted(stream);
    this.#tombstone = last === tombstoneRevision ? 'early' : undefined;
    this.#at = start === 'start' ? 0 : (start === 'end' ? last : start) + 1;
  }

  nextPage(): StoredEvent[] | undefined {
    return this.#live ? this.#livePage() : this.#historyPage();
  }

  /** A stream that does not exist cannot be caught up with until it does. */
  goLive(): boolean {
    this.#live ||= this.log.catalog.find(this.stream, Date.now()).kind === 'present';
    return this.#live;
  }

  #historyPage(): StoredEvent[] | undefined {
    const state = this.log.catalog.find(this.stream, Date.now());
    if (state.kind === 'tombstoned') throw new StreamDeleted(this.stream);
    if (state.kind === 'missing') return undefined;
    this.#at = Math.max(this.#at, state.range.from);
    return this.#page()?.filter((event) => !hasExpired(state.range, event));
  }

  #livePage(): StoredEvent[] | undefined {
    const page = this.#page();
    if (page !== undefined) return page;
    if (this.#tombstone === 'told') throw new StreamDeleted(this.stream);
    const { storage } = this.log;
    // What is written but not flushed has no last number yet.
    if (this.#tombstone === 'early' || storage.lastRevision(this.stream) !== tombstoneRevision) return undefined;
    this.#tombstone = 'told';
    return [storage.eventOf(this.stream, tombstoneRevision)!];
  }

  #page(): StoredEvent[] | undefined {
    const page = this.log.storage.pageOfStream(this.stream, this.#at, false);
    const last = page.at(-1);
    if (last === undefined) return undefined;
    this.#at = last.revision + 1;
    return page;
  }
}
