import { randomUUID } from 'node:crypto';
import { cursorOfAll, cursorOfStream } from './cursor.js';
import type { Cursor } from './cursor.js';
import type { EventLog } from './event-log.js';
import type { Outlet } from './outlet.js';
import { caughtUpMessage, checkpointMessage, confirmationMessage, eventMessage } from './read-messages.js';
import type { ReadRequest } from './read-request.js';
import type { Storage } from './storage.js';
import type { StoredEvent } from './stored-event.js';

/**
 * A catch-up subscription. History and live events come the same way: it reads on from where it stands until nothing
 * is left, then waits to be woken. So there is neither gap nor repeat between the two, and nothing piles up
 * for a slow reader.
 */
export class Subscription {
  readonly #cursor: Cursor;
  #live = false;
  #wake: () => void = () => undefined;
  #changed = true;
  /** Events looked at since the last checkpoint, and where the last of them stands. */
  #considered = 0;
  #consideredTo: number | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly request: ReadRequest,
    private readonly outlet: Outlet,
  ) {
    this.#cursor = startCursor(log.storage, request);
  }

  /** Runs until the caller leaves. */
  async run(): Promise<void> {
    const unwatch = this.log.changes.watch(this.request.stream, () => {
      this.#changed = true;
      this.#wake();
    });
    this.outlet.onClose(() => {
      unwatch();
      this.#wake();
    });
    await this.outlet.send(confirmationMessage(randomUUID()));
    while (!this.outlet.closed) {
      await this.#sendWhatIsThere();
      if (!this.#live) await this.#goLive();
      await this.#nextChange();
    }
  }

  async #sendWhatIsThere(): Promise<void> {
    this.#changed = false;
    while (!this.outlet.closed) {
      const page = this.#cursor.nextPage();
      if (page.length === 0) return;
      for (const event of page) {
        if (this.outlet.closed) return;
        const pause = this.#sendOne(event);
        if (pause !== undefined) await pause;
      }
    }
  }

  #sendOne(event: StoredEvent): Promise<void> | undefined {
    const { filter, uuidForm } = this.request;
    if (filter === undefined) return this.outlet.send(eventMessage(event, uuidForm));
    const pause = filter.matches(event) ? this.outlet.send(eventMessage(event, uuidForm)) : undefined;
    this.#consideredTo = event.position;
    this.#considered += 1;
    return this.#considered < filter.checkpointInterval ? pause : this.#sendCheckpoint();
  }

  #sendCheckpoint(): Promise<void> | undefined {
    if (this.#consideredTo === undefined || this.#considered === 0) return undefined;
    this.#considered = 0;
    return this.outlet.send(checkpointMessage(this.#consideredTo));
  }

  /** A stream that does not exist cannot be caught up with until it does. */
  async #goLive(): Promise<void> {
    const { stream, start } = this.request;
    if (stream !== undefined && start !== 'end' && this.log.storage.lastRevision(stream) < 0) return;
    this.#live = true;
    await this.#sendCheckpoint();
    await this.outlet.send(caughtUpMessage());
  }

  #nextChange(): Promise<void> {
    if (this.#changed || this.outlet.closed) return Promise.resolve();
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

/** A number names the last event that the subscriber has seen. */
function startCursor(storage: Storage, { stream, start }: ReadRequest): Cursor {
  if (stream === undefined) {
    const from = start === 'start' ? 0 : start === 'end' ? storage.end : start + 1;
    return cursorOfAll(storage, from, false);
  }
  const from = start === 'start' ? 0 : start === 'end' ? storage.lastRevision(stream) + 1 : start + 1;
  return cursorOfStream(storage, stream, from, false);
}
