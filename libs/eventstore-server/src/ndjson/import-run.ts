import { isDeepStrictEqual } from 'node:util';
import { ANY, StreamDeletedError } from '@eventstore/db-client';
import type { EventStoreDBClient } from '@eventstore/db-client';
import type { Appender, Outcome } from './appender.js';
import { RecentMap } from '../recent-map.js';
import { explainCallError } from './call-error.js';
import { parseEventLine } from './event-line.js';
import type { PortableEvent } from './event-line.js';
import { Gaps } from './gaps.js';
import { InFlight } from './in-flight.js';
import { BadLine, linesIn } from './lines.js';
import { recordedEvents } from './recorded-events.js';

export interface ImportSummary {
  readonly lines: number;
  /** Events of the file that stand in the log now. */
  readonly imported: number;
  /** Those of them that did not stand there before; null when the user may not read $all, which tells it. */
  readonly written: number | null;
  /** Events of system streams, which were not asked for. */
  readonly leftOut: number;
  /** Numbers that the file has no event for: empty events hold them. */
  readonly filled: number;
}

const mostAppends = 512;
const mostBytes = 8 * 1024 * 1024;
/** Streams of which is kept in mind how far they have come; of any other the next event asks the server. */
const mostStreams = 100_000;

interface Progress {
  next: number;
  /** The newest event was not there before, so nothing that contradicts the file can follow it. */
  isNew: boolean;
}

/** One import: takes the lines in their order and keeps a bounded number of appends under way. */
export class ImportRun {
  readonly #inFlight = new InFlight(mostAppends, mostBytes);
  readonly #gaps: Gaps;
  /** By stream. */
  readonly #progress = new RecentMap<Progress>(mostStreams);
  /** Streams that are deleted for good in the log: the line of their first event in the file. */
  readonly #deleted = new Map<string, number>();
  #failure: BadLine | undefined;
  #lines = 0;
  #imported = 0;
  #written = 0;
  #leftOut = 0;

  constructor(
    private readonly client: EventStoreDBClient,
    private readonly appender: Appender,
    private readonly head: bigint | undefined,
    private readonly system: boolean,
  ) {
    this.#gaps = new Gaps(client, appender);
  }

  get summary(): ImportSummary {
    return {
      lines: this.#lines,
      imported: this.#imported,
      written: this.head === undefined ? null : this.#written,
      leftOut: this.#leftOut,
      filled: this.#gaps.filled,
    };
  }

  async takeAll(input: AsyncIterable<Buffer>): Promise<void> {
    try {
      for await (const { number, text } of linesIn(input)) {
        await this.#take(number, text);
        if (this.#failure !== undefined) break;
      }
    } catch (error) {
      if (!(error instanceof BadLine)) throw error;
      this.#fail(error);
    }
    await this.#inFlight.drained();
    for (const [stream, line] of this.#deleted) {
      this.#fail(new BadLine(line, `Stream ${stream} is deleted for good there, and this file does not delete it.`));
    }
    if (this.#failure !== undefined) throw this.#failure;
    await this.#gaps.hide();
  }

  async #take(line: number, text: string): Promise<void> {
    const event = parseLine(line, text);
    this.#lines += 1;
    if (!this.system && isOfSystem(event.stream)) {
      this.#leftOut += 1;
      return;
    }
    const { stream, revision } = event;
    if (revision === undefined) {
      await this.#inFlight.drained();
      if (this.#failure === undefined) await this.#attempt(line, () => this.#tombstone(stream));
      return;
    }
    const progress = this.#progressOf(stream);
    const follows = revision === progress.next;
    // Numbers may be missing before the event, or the one before it may turn out to be another one. So it waits for
    // what is under way, lest it be written after something that contradicts the file.
    if (!follows || (revision > 0 && !progress.isNew)) {
      await this.#inFlight.drained();
      if (this.#failure !== undefined) return;
    }
    progress.next = revision + 1;
    if (follows) {
      const bytes = event.data.length + event.metadata.length;
      await this.#inFlight.begin(bytes, () => this.#attempt(line, () => this.#append(line, event, revision)));
    } else {
      await this.#attempt(line, () => this.#appendAfterGap(line, event, revision));
    }
  }

  async #append(line: number, event: PortableEvent, revision: number): Promise<void> {
    await this.#settle(line, event, revision, await this.appender.append(event.stream, revision, [event]));
  }

  async #appendAfterGap(line: number, event: PortableEvent, revision: number): Promise<void> {
    const { stream } = event;
    const outcome = await this.appender.append(stream, revision, [event]);
    if (outcome.kind === 'conflict' && outcome.current < revision - 1) {
      await this.#gaps.fill(stream, outcome.current + 1, revision);
      await this.#append(line, event, revision);
    } else {
      if (outcome.kind === 'stored') await this.#gaps.lookBefore(stream, revision);
      await this.#settle(line, event, revision, outcome);
    }
  }

  async #settle(line: number, event: PortableEvent, revision: number, outcome: Outcome): Promise<void> {
    const { stream } = event;
    switch (outcome.kind) {
      case 'stored':
        this.#progressOf(stream).isNew = this.#count(outcome.position);
        return;
      case 'stream_deleted':
        if (!this.#deleted.has(stream)) this.#deleted.set(stream, line);
        this.#count(undefined);
        return;
      default:
        if (stream.startsWith('$$') && (await this.#hasMetadata(event, revision))) {
          this.#count(undefined);
          return;
        }
        throw new Error(
          outcome.current < revision
            ? `Somebody else writes to the stream ${stream} at the same time.`
            : `Stream ${stream} has another event with the number ${revision} there.`,
        );
    }
  }

  /**
   * An append to a deleted stream makes the server write metadata of its own, with the number that the file's has. And of
   * metadata only the newest can be read: older ones are passed over.
   */
  async #hasMetadata(event: PortableEvent, revision: number): Promise<boolean> {
    for await (const newest of recordedEvents(this.client, { stream: event.stream, only: 'last' })) {
      if (newest.revision === undefined || newest.revision > revision) return true;
      return newest.revision === revision && newest.type === event.type && isSameJson(newest.data, event.data);
    }
    return false;
  }

  async #tombstone(stream: string): Promise<void> {
    this.#deleted.delete(stream);
    this.#gaps.forget(stream);
    try {
      const { position } = await this.client.tombstoneStream(stream, { expectedRevision: ANY });
      this.#count(position?.commit);
    } catch (error) {
      if (!(error instanceof StreamDeletedError)) throw error;
      this.#count(undefined);
    }
  }

  /** @returns whether the event was not there before, as far as one can tell */
  #count(position: bigint | undefined): boolean {
    const isNew = position !== undefined && this.head !== undefined && position > this.head;
    this.#imported += 1;
    if (isNew) this.#written += 1;
    return isNew;
  }

  async #attempt(line: number, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fail(new BadLine(line, explainCallError(error)));
    }
  }

  #fail(failure: BadLine): void {
    if (this.#failure === undefined || failure.line < this.#failure.line) this.#failure = failure;
  }

  #progressOf(stream: string): Progress {
    const progress = this.#progress.get(stream) ?? { next: 0, isNew: false };
    this.#progress.set(stream, progress);
    return progress;
  }
}

function parseLine(line: number, text: string): PortableEvent {
  try {
    return parseEventLine(text);
  } catch (error) {
    throw new BadLine(line, error instanceof Error ? error.message : String(error));
  }
}

/** The metadata of a stream counts as part of it. */
function isOfSystem(stream: string): boolean {
  return (stream.startsWith('$$') ? stream.slice(2) : stream).startsWith('$');
}

function isSameJson(left: Uint8Array, right: Uint8Array): boolean {
  try {
    const [a, b] = [left, right].map((bytes) => JSON.parse(Buffer.from(bytes).toString()) as unknown);
    return isDeepStrictEqual(a, b);
  } catch {
    return false;
  }
}
