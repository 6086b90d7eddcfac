import type { Catalog } from './catalog.js';
import type { RecentIds } from './recent-ids.js';
import type { Storage } from './storage.js';
import { encodeEvent } from './stored-event.js';
import type { ProposedEvent, StoredEvent } from './stored-event.js';
import { metastreamOf, parseMetadata, subjectOf } from './stream-metadata.js';
import type { StreamMetadata } from './stream-metadata.js';
import { tombstoneRevision } from './tombstone.js';
import { uuidFromBytes, uuidToBytes } from './uuid.js';

interface DraftStream {
  last: number;
  readonly firstDrafted: number;
  readonly events: StoredEvent[];
}

/** The writes that share one transaction: each sees what is stored and what stands before it in the draft. */
export class Draft {
  readonly events: StoredEvent[] = [];
  readonly records: Buffer[] = [];
  readonly #streams = new Map<string, DraftStream>();
  #end: number;

  constructor(
    private readonly storage: Storage,
    private readonly catalog: Catalog,
    private readonly recent: RecentIds,
    private readonly now: number,
  ) {
    this.#end = storage.end;
  }

  get end(): number {
    return this.#end;
  }

  /** Those that the draft writes to. */
  get streams(): string[] {
    return [...new Set(this.events.map(({ stream }) => stream))];
  }

  /** Number of the last event, -1 without events, `tombstoneRevision` also for the metastream of a tombstoned stream. */
  lastRevision(name: string): number {
    const subject = subjectOf(name);
    if (subject !== undefined && this.lastRevision(subject) === tombstoneRevision) return tombstoneRevision;
    return this.#stream(name).last;
  }

  metadata(name: string): StreamMetadata {
    const drafted = subjectOf(name) === undefined ? this.#streams.get(metastreamOf(name))?.events.at(-1) : undefined;
    return drafted === undefined ? this.catalog.metadata(name) : parseMetadata(drafted);
  }

  recentRevision(name: string, id: string): number | undefined {
    return this.recent.get(name, id);
  }

  eventOf(name: string, revision: number): StoredEvent | undefined {
    return this.#drafted(name, revision) ?? this.storage.eventOf(name, revision);
  }

  idAt(name: string, revision: number): string | undefined {
    const event = this.eventOf(name, revision);
    return event && uuidFromBytes(event.id);
  }

  positionOf(name: string, revision: number): number | undefined {
    return this.#drafted(name, revision)?.position ?? this.storage.positionOf(name, revision);
  }

  /** Without a revision of its own the event gets the next one. */
  add(name: string, { id, ...rest }: ProposedEvent, revision?: number): StoredEvent {
    const stream = this.#stream(name);
    stream.last = revision ?? stream.last + 1;
    const event = {
      ...rest,
      stream: name,
      id: uuidToBytes(id),
      revision: stream.last,
      created: this.now,
      position: this.#end,
    };
    const record = encodeEvent(event);
    this.#end += record.length;
    this.events.push(event);
    this.records.push(record);
    stream.events.push(event);
    this.recent.add(name, id, event.revision);
    return event;
  }

  #stream(name: string): DraftStream {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      const last = this.storage.lastRevision(name);
      stream = { last, firstDrafted: last + 1, events: [] };
      this.#streams.set(name, stream);
    }
    return stream;
  }

  #drafted(name: string, revision: number): StoredEvent | undefined {
    const stream = this.#stream(name);
    return stream.events[revision - stream.firstDrafted];
  }
}
