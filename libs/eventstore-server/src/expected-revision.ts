/** What an append demands of its stream. Revisions are unsigned 64-bit on the wire. */
export type ExpectedRevision =
  | { readonly kind: 'any' }
  | { readonly kind: 'no_stream' }
  | { readonly kind: 'stream_exists' }
  | { readonly kind: 'revision'; readonly revision: bigint };

export interface StreamFacts {
  /** Number of the last event, -1 when there is none. */
  readonly last: number;
  readonly isTombstoned: boolean;
  /** Whether a soft delete hides all its events. */
  isSoftDeleted(): boolean;
  /** Whether `$$<stream>` holds anything: metadata alone makes a stream exist. */
  hasMetadata(): boolean;
  /** Number of a recently written event of this stream; undefined when it is not remembered. */
  recentRevision(id: string): number | undefined;
  /** Id of the event with that number; undefined beyond the end. */
  idAt(revision: number): string | undefined;
}

export type AppendDecision =
  /** Also when there is nothing to write, but the expectation holds. */
  | { readonly kind: 'write' }
  /** All events are there already; `last` is the number of the last of them. */
  | { readonly kind: 'repeat'; readonly last: number }
  | { readonly kind: 'conflict' }
  /** The stream is tombstoned, or soft-deleted where it was to exist. */
  | { readonly kind: 'deleted' };

/** Decides an append as EventStoreDB does: expected revision first, then ids, which make a repeat harmless. */
export function decideAppend(expected: ExpectedRevision, ids: readonly string[], stream: StreamFacts): AppendDecision {
  if (stream.isTombstoned) return { kind: 'deleted' };
  switch (expected.kind) {
    case 'any':
      return decideByRecentIds(ids, stream);
    case 'stream_exists':
      if (stream.isSoftDeleted()) return { kind: 'deleted' };
      return stream.last < 0 && !stream.hasMetadata() ? { kind: 'conflict' } : decideByRecentIds(ids, stream);
    case 'no_stream': {
      const decision = decideByNumber(-1n, ids, stream);
      return decision.kind === 'conflict' && startsAfresh(ids, stream) ? { kind: 'write' } : decision;
    }
    default:
      return decideByNumber(expected.revision, ids, stream);
  }
}

function decideByRecentIds(ids: readonly string[], stream: StreamFacts): AppendDecision {
  let last: number | undefined;
  for (const [index, id] of ids.entries()) {
    last = stream.recentRevision(id);
    if (last === undefined) return index === 0 ? { kind: 'write' } : { kind: 'conflict' };
  }
  return last === undefined ? { kind: 'write' } : { kind: 'repeat', last };
}

function decideByNumber(expected: bigint, ids: readonly string[], stream: StreamFacts): AppendDecision {
  const last = BigInt(stream.last);
  if (expected > last) return { kind: 'conflict' };
  if (expected === last) return { kind: 'write' };
  if (ids.length === 0) return { kind: 'conflict' };
  const first = Number(expected) + 1;
  const repeated = ids.every((id, index) => stream.idAt(first + index) === id);
  return repeated ? { kind: 'repeat', last: first + ids.length - 1 } : { kind: 'conflict' };
}

/** A soft-deleted stream counts as missing, unless its first event comes again. */
function startsAfresh([first]: readonly string[], stream: StreamFacts): boolean {
  return first !== undefined && stream.isSoftDeleted() && stream.idAt(0) !== first;
}
