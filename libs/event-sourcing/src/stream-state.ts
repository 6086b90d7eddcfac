import type { CommandContext } from './command.js';
import { RevisionMismatch } from './errors.js';
import { type ChangedBy, changedBy, type EventMetadata, type RecordedEvent } from './event.js';
import { Receipts } from './receipts.js';

/** What is known of one stream up to a revision: its folded state, its receipts and who changed it last. */
export class StreamState<State> {
  /** -1 while nothing is known of the stream, or it does not exist. */
  revision = -1;
  position = -1n;
  /** When the log was last read up to the end of the stream, as `performance.now()`; the reading began then. */
  readAt = -1;
  readonly receipts = new Receipts();
  /** Newest source revision by source stream and sender. */
  private readonly sources = new Map<string, number>();
  private changedBy: ChangedBy | undefined;

  constructor(
    readonly stream: string,
    public state: State,
    /** Of the cache when this was read: what was read before the cache was cleared is not kept after it. */
    readonly generation = 0,
  ) {}

  /** Takes in the next event, or the last of several that one command made; `state` is the state after it. */
  advance(state: State, event: Pick<RecordedEvent, 'type' | 'revision' | 'position' | 'metadata'>): void {
    const { revision, position, metadata } = event;
    const { commandId, fingerprint, source } = metadata;
    this.receipts.add(commandId, { fingerprint, revision, position });
    if (source) {
      const key = sourceKey(metadata);
      this.sources.set(key, Math.max(source.revision, this.sources.get(key) ?? -1));
    }
    this.changedBy = changedBy(event);
    this.state = state;
    this.revision = revision;
    this.position = position;
  }

  /** True when an event of the same source that is newer was handled already. */
  isOvertaken(context: CommandContext): boolean {
    const { source } = context;
    return source !== undefined && (this.sources.get(sourceKey(context)) ?? -1) > source.revision;
  }

  mismatch(expected: number): RevisionMismatch {
    return new RevisionMismatch(this.stream, expected, this.revision, this.changedBy);
  }
}

function sourceKey({ actor, source }: Pick<EventMetadata, 'actor' | 'source'>): string {
  return `${source?.stream} ${actor.id}`;
}
