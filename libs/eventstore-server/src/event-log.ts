import { Catalog } from './catalog.js';
import { Changes } from './changes.js';
import { Draft } from './draft.js';
import type { ExpectedRevision } from './expected-revision.js';
import { RecentIds } from './recent-ids.js';
import { Storage } from './storage.js';
import type { ProposedEvent } from './stored-event.js';
import { append, softDelete, tombstone } from './writes.js';
import type { AppendOutcome, DeleteOutcome } from './writes.js';

/** Larger drafts would make everyone wait longer without making a flush cheaper per event. */
const maxDraftEvents = 4_096;

interface WaitingWrite {
  readonly events: number;
  /** Puts it into the draft. Answers what fulfils its promise. */
  draft(draft: Draft): () => void;
  reject(reason: unknown): void;
}

/** One ordered log. Writes that arrive while a flush is under way share the next one. */
export class EventLog {
  readonly changes = new Changes();
  readonly catalog: Catalog;
  readonly #recent = new RecentIds();
  #waiting: WaitingWrite[] = [];
  #writing: Promise<void> | undefined;

  constructor(readonly storage: Storage) {
    this.catalog = new Catalog(storage);
  }

  /** Appends that no flush has taken yet. */
  get waitingAppends(): number {
    return this.#waiting.length;
  }

  /** Fulfilled once the events lie on disk; an answer that changes nothing waits for the same flush. */
  append(stream: string, expected: ExpectedRevision, events: readonly ProposedEvent[]): Promise<AppendOutcome> {
    return this.#write(events.length, (draft) => append(draft, stream, expected, events));
  }

  softDelete(stream: string, expected: ExpectedRevision): Promise<DeleteOutcome> {
    return this.#write(1, (draft) => softDelete(draft, stream, expected));
  }

  tombstone(stream: string, expected: ExpectedRevision): Promise<DeleteOutcome> {
    return this.#write(1, (draft) => tombstone(draft, stream, expected));
  }

  /** Waits for the writes in hand, then closes the files. */
  async close(): Promise<void> {
    await this.#writing;
    await this.storage.close();
  }

  #write<Outcome>(events: number, write: (draft: Draft) => Outcome): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const put = (draft: Draft): (() => void) => {
      const outcome = write(draft);
      return () => resolve(outcome);
    };
    this.#waiting.push({ events, draft: put, reject });
    this.#writing ??= this.#writeWaiting();
    return promise;
  }

  async #writeWaiting(): Promise<void> {
    // Lets everything that has already arrived on the connections join the first transaction.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#writeDraft(this.#takeWaiting());
    this.#writing = undefined;
  }

  #takeWaiting(): WaitingWrite[] {
    let events = 0;
    const full = this.#waiting.findIndex((write) => (events += write.events) >= maxDraftEvents);
    return this.#waiting.splice(0, full < 0 ? this.#waiting.length : full + 1);
  }

  async #writeDraft(writes: readonly WaitingWrite[]): Promise<void> {
    const draft = new Draft(this.storage, this.catalog, this.#recent, Date.now());
    let answers: (() => void)[];
    try {
      answers = writes.map((write) => write.draft(draft));
      await this.storage.write(draft.events, draft.records, draft.end);
    } catch (error) {
      // What the draft had noted never came to be.
      this.#recent.clear();
      for (const write of writes) write.reject(error);
      return;
    }
    if (draft.events.length > 0) this.#tellOf(draft.streams);
    for (const answer of answers) answer();
  }

  #tellOf(streams: readonly string[]): void {
    for (const stream of streams) this.catalog.changed(stream);
    this.changes.publish(streams);
  }
}
