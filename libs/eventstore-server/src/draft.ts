import { decideAppend } from './expected-revision.js';
import type { ExpectedRevision } from './expected-revision.js';
import type { RecentIds } from './recent-ids.js';
import type { Storage } from './storage.js';
import { encodeEvent } from './stored-event.js';
import type { ProposedEvent, StoredEvent } from './stored-event.js';
import { uuidFromBytes, uuidToBytes } from './uuid.js';

export type AppendOutcome =
  /** `revision` -1: the stream has no event. `position` undefined: the log has none either. */
  | { readonly kind: 'success'; readonly revision: number; readonly position: number | undefined }
  /** `current` -1: the stream does not exist. */
  | { readonly kind: 'conflict'; readonly current: number };

interface DraftStream {
  last: number;
  readonly firstDrafted: number;
  readonly events: StoredEvent[];
}

/** The appends that share one transaction: each is decided on what is stored and what stands before it in the draft. */
export class Draft {
  readonly events: StoredEvent[] = [];
  readonly records: Buffer[] = [];
  readonly #streams = new Map<string, DraftStream>();
  #end: number;

  constructor(
    private readonly storage: Storage,
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

  append(name: string, expected: ExpectedRevision, events: readonly ProposedEvent[]): AppendOutcome {
    const stream = this.#stream(name);
    const decision = decideAppend(
      expected,
      events.map(({ id }) => id),
      {
        last: stream.last,
        hasMetadata: () => this.#stream(`$$${name}`).last >= 0,
        recentRevision: (id) => this.recent.get(name, id),
        idAt: (revision) => this.#idAt(name, revision),
      },
    );
    switch (decision.kind) {
      case 'conflict':
        return { kind: 'conflict', current: stream.last };
      case 'repeat':
        return { kind: 'success', revision: decision.last, position: this.#positionOf(name, decision.last) };
      default:
        for (const event of events) this.#add(name, stream, event);
        return { kind: 'success', revision: stream.last, position: this.events.at(-1)!.position };
    }
  }

  #add(name: string, stream: DraftStream, { id, ...rest }: ProposedEvent): void {
    stream.last += 1;
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

  #idAt(name: string, revision: number): string | undefined {
    const event = this.#drafted(name, revision) ?? this.storage.eventOf(name, revision);
    return event && uuidFromBytes(event.id);
  }

  #positionOf(name: string, revision: number): number | undefined {
    return this.#drafted(name, revision)?.position ?? this.storage.positionOf(name, revision);
  }
}
