import { randomUUID } from 'node:crypto';
import { eventMessage } from './event-message.js';
import type { EventLog } from './event-log.js';
import { openFeed } from './feed.js';
import type { Feed } from './feed.js';
import { isHiddenInAll } from './filter.js';
import { resolverOf } from './links.js';
import type { ResolvedEvent } from './links.js';
import type { Outlet } from './outlet.js';
import { caughtUpMessage, checkpointMessage, confirmationMessage } from './read-messages.js';
import type { ReadRequest } from './read-request.js';
import type { StoredEvent } from './stored-event.js';
import { metastreamOf } from './stream-metadata.js';

/**
 * A catch-up subscription. History and live events come the same way: it reads on from where it stands until nothing
 * is left, then waits to be woken. So there is neither gap nor repeat between the two, and nothing piles up
 * for a slow reader.
 */
export class Subscription {
  readonly #feed: Feed;
  readonly #resolve: (event: StoredEvent) => ResolvedEvent;
  #live = false;
  #wake: () => void = () => undefined;
  #changed = true;
  /** Events looked at since the last checkpoint, and where the last of them stands. */
  #considered = 0;
  #consideredTo: number | undefined;

  /** @throws StreamDeleted when its stream is tombstoned and history is asked for */
  constructor(
    private readonly log: EventLog,
    private readonly request: ReadRequest,
    private readonly outlet: Outlet,
  ) {
    this.#feed = openFeed(log, request);
    this.#resolve = resolverOf(log, request.resolvesLinks);
  }

  /**
   * Runs until the caller leaves.
   * @throws StreamDeleted after the tombstone of its stream
   */
  async run(): Promise<void> {
    this.#watch();
    await this.outlet.send(confirmationMessage(randomUUID()));
    while (!this.outlet.closed) {
      await this.#sendWhatIsThere();
      if (!this.#live && this.#feed.goLive()) {
        this.#live = true;
        await this.#sendCheckpoint();
        await this.outlet.send(caughtUpMessage());
      }
      await this.#nextChange();
    }
  }

  #watch(): void {
    const { stream } = this.request;
    const wake = (): void => {
      this.#changed = true;
      this.#wake();
    };
    // Metadata alone can bring a soft-deleted stream back.
    const watched = stream === undefined ? [undefined] : [stream, metastreamOf(stream)];
    const unwatch = watched.map((name) => this.log.changes.watch(name, wake));
    this.outlet.onClose(() => {
      for (const end of unwatch) end();
      this.#wake();
    });
  }

  async #sendWhatIsThere(): Promise<void> {
    this.#changed = false;
    while (!this.outlet.closed) {
      const page = this.#feed.nextPage();
      if (page === undefined) return;
      let sent = false;
      for (const event of page) {
        if (this.outlet.closed) return;
        const wanted = this.#wants(event);
        sent ||= wanted;
        const pause = this.#pass(event, wanted);
        if (pause !== undefined) await pause;
      }
      if (!sent) await this.outlet.endTurn();
    }
  }

  #wants(event: StoredEvent): boolean {
    const { stream, filter } = this.request;
    if (stream !== undefined) return true;
    return !isHiddenInAll(event.stream) && (filter === undefined || filter.matches(event));
  }

  #pass(event: StoredEvent, wanted: boolean): Promise<void> | undefined {
    const { filter, uuidForm } = this.request;
    const pause = wanted ? this.outlet.send(eventMessage(this.#resolve(event), uuidForm)) : undefined;
    if (filter === undefined) return pause;
    this.#consideredTo = event.position;
    this.#considered += 1;
    return this.#considered < filter.checkpointInterval ? pause : this.#sendCheckpoint();
  }

  #sendCheckpoint(): Promise<void> | undefined {
    if (this.#consideredTo === undefined || this.#considered === 0) return undefined;
    this.#considered = 0;
    return this.outlet.send(checkpointMessage(this.#consideredTo));
  }

  #nextChange(): Promise<void> {
    if (this.#changed || this.outlet.closed) return Promise.resolve();
    return new Promise((resolve) => (this.#wake = resolve));
  }
}
