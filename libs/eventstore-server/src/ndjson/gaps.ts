import { hash } from 'node:crypto';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { uuidFromBytes, uuidByteLength } from '../uuid.js';
import type { Appender } from './appender.js';
import type { PortableEvent } from './event-line.js';
import { recordedEvents } from './recorded-events.js';

/** Stands for an event that the file does not have, so that those after it keep their numbers. */
export const gapType = '$gap';

const eventsPerAppend = 1_000;
const nothing = new Uint8Array();

/** Fills numbers that a file has no event for, and hides what fills them. */
export class Gaps {
  /** Streams that begin with filled numbers, and the first number after them. */
  readonly #toHide = new Map<string, number>();
  #filled = 0;

  constructor(
    private readonly client: EventStoreDBClient,
    private readonly appender: Appender,
  ) {}

  get filled(): number {
    return this.#filled;
  }

  /** @param from inclusive @param to exclusive */
  async fill(stream: string, from: number, to: number): Promise<void> {
    for (let first = from; first < to; first += eventsPerAppend) {
      const count = Math.min(eventsPerAppend, to - first);
      const events = Array.from({ length: count }, (_, index) => gapEvent(stream, first + index));
      const outcome = await this.appender.append(stream, first, events);
      if (outcome.kind !== 'stored') throw new Error(`Somebody else writes to the stream ${stream} at the same time.`);
      this.#filled += count;
    }
    if (from === 0) this.#note(stream, to);
  }

  /** An import that ended early may have filled what stands before this event, and not hidden it. */
  async lookBefore(stream: string, revision: number): Promise<void> {
    if (await this.#beginsWithGap(stream)) this.#note(stream, revision);
  }

  /** For a stream that is deleted. */
  forget(stream: string): void {
    this.#toHide.delete(stream);
  }

  /** Lets the streams begin after their filled numbers, unless their own metadata does so already. */
  async hide(): Promise<void> {
    for (const [stream, first] of this.#toHide) {
      if (!(await this.#beginsWithGap(stream))) continue;
      const { metadata } = await this.client.getStreamMetadata(stream);
      const { truncateBefore = 0 } = metadata ?? {};
      if (typeof truncateBefore !== 'number' || truncateBefore >= first) continue;
      await this.client.setStreamMetadata(stream, { ...metadata, truncateBefore: first });
    }
  }

  #note(stream: string, first: number): void {
    // Of metadata only the newest event can be read anyway.
    if (stream.startsWith('$$')) return;
    if (!this.#toHide.has(stream)) this.#toHide.set(stream, first);
  }

  async #beginsWithGap(stream: string): Promise<boolean> {
    for await (const { type } of recordedEvents(this.client, { stream, only: 'first' })) return type === gapType;
    return false;
  }
}

/** The same for each run, so that a repeated import recognises it. */
function gapEvent(stream: string, revision: number): PortableEvent {
  const id = hash('sha256', `gap ${revision} ${stream}`, 'buffer').subarray(0, uuidByteLength);
  return {
    stream,
    revision,
    id: uuidFromBytes(id),
    type: gapType,
    isJson: false,
    data: nothing,
    metadata: nothing,
  };
}
