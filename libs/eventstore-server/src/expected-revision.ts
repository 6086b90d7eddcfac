/** What an append demands of its stream. Revisions are unsigned 64-bit on the wire. */
export type ExpectedRevision =
  | { readonly kind: 'any' }
  | { readonly kind: 'no_stream' }
  | { readonly kind: 'stream_exists' }
  | { readonly kind: 'revision'; readonly revision: bigint };

export interface StreamFacts {
  /** Number of the last event, -1 when there is none. */
  readonly last: number;
  /** Whether `$$<stream>` holds anything: metadata alone makes a stream exist. */
  hasMetadata(): boolean;
  /** Number of a recently written event of this stream; undefined when it is not remembered. */
  recentRevision(id: string): number | undefined;
  /** Id of the event with that number; undefined beyond the end. */
  idAt(revision: number): string | undefined;
}

export type AppendDecision =
  | { readonly kind: 'write' }
  /** All events are there already; `last` is the number of the last of them, -1 when none was asked for. */
  | { readonly kind: 'repeat'; readonly last: number }
  | { readonly kind: 'conflict' };

/** Decides an append as EventStoreDB does: expected revision first, then ids, which make a repeat harmless. */
export function decideAppend(expected: ExpectedRevision, ids: readonly string[], stream: StreamFacts): AppendDecision {
  switch (expected.kind) {
    case 'any':
      return decideByRecentIds(ids, stream);
    case 'stream_exists':
      return stream.last < 0 && !stream.hasMetadata() ? { kind: 'conflict' } : decideByRecentIds(ids, stream);
    case 'no_stream':
      return decideByNumber(-1n, ids, stream);
    default:
      return decideByNumber(expected.revision, ids, stream);
  }
}

function decideByRecentIds(ids: readonly string[], stream: StreamFacts): AppendDecision {
  if (ids.length === 0) return { kind: 'repeat', last: stream.last };
  let last = stream.recentRevision(ids[0]!);
  if (last === undefined) return { kind: 'write' };
  for (const id of ids) {
    last = stream.recentRevision(id);
    if (last === undefined) return { kind: 'conflict' };
  }
  return { kind: 'repeat', last };
}

function decideByNumber(expected: bigint, ids: readonly string[], stream: StreamFacts): AppendDecision {
  const last = BigInt(stream.last);
  if (expected > last) return { kind: 'conflict' };
  if (expected === last) return ids.length === 0 ? { kind: 'repeat', last: stream.last } : { kind: 'write' };
  if (ids.length === 0) return { kind: 'conflict' };
  const first = Number(expected) + 1;
  const repeated = ids.every((id, index) => stream.idAt(first + index) === id);
  return repeated ? { kind: 'repeat', last: first + ids.length - 1 } : { kind: 'conflict' };
}
