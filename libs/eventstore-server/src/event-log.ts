import { Changes } from './changes.js';
import { Draft } from './draft.js';
import type { AppendOutcome } from './draft.js';
import type { ExpectedRevision } from './expected-revision.js';
import { RecentIds } from './recent-ids.js';
import { Storage } from './storage.js';
import type { ProposedEvent } from './stored-event.js';

/** Larger drafts would make everyone wait longer without making a flush cheaper per event. */
const maxDraftEvents = 4_096;

interface WaitingAppend {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly ProposedEvent[];
  readonly done: PromiseWithResolvers<AppendOutcome>;
}

/** One ordered log. Appends that arrive while a flush is under way share the next one. */
export class EventLog {
  readonly changes = new Changes();
  readonly #recent = new RecentIds();
  #waiting: WaitingAppend[] = [];
  #writing: Promise<void> | undefined;

  constructor(readonly storage: Storage) {}

  /** Appends that no flush has taken yet. */
  get waitingAppends(): number {
    return this.#waiting.length;
  }

  /** Fulfilled once the events lie on disk; an answer that changes nothing waits for the same flush. */
  append(stream: string, expected: ExpectedRevision, events: readonly ProposedEvent[]): Promise<AppendOutcome> {
    const done = Promise.withResolvers<AppendOutcome>();
    this.#waiting.push({ stream, expected, events, done });
    this.#writing ??= this.#writeWaiting();
    return done.promise;
  }

  /** Waits for the appends in hand, then closes the files. */
  async close(): Promise<void> {
    await this.#writing;
    await this.storage.close();
  }

  async #writeWaiting(): Promise<void> {
    // Lets everything that has already arrived on the connections join the first transaction.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#writeDraft(this.#takeWaiting());
    this.#writing = undefined;
  }

  #takeWaiting(): WaitingAppend[] {
    let events = 0;
    const full = this.#waiting.findIndex((append) => (events += append.events.length) >= maxDraftEvents);
    return this.#waiting.splice(0, full < 0 ? this.#waiting.length : full + 1);
  }

  async #writeDraft(appends: readonly WaitingAppend[]): Promise<void> {
    const draft = new Draft(this.storage, this.#recent, Date.now());
    const answers: (() => void)[] = [];
    try {
      for (const { stream, expected, events, done } of appends) {
        const outcome = draft.append(stream, expected, events);
        answers.push(() => done.resolve(outcome));
      }
      await this.storage.write(draft.events, draft.records, draft.end);
    } catch (error) {
      // What the draft had noted never came to be.
      this.#recent.clear();
      for (const { done } of appends) done.reject(error);
      return;
    }
    if (draft.events.length > 0) this.changes.publish(draft.streams);
    for (const answer of answers) answer();
  }
}
