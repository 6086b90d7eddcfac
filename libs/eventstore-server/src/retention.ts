import { softDeleted } from './stream-metadata.js';
import type { StreamMetadata } from './stream-metadata.js';
import { tombstoneRevision } from './tombstone.js';

/** What of a stream can be read. $all is not truncated by it. */
export interface ReadableRange {
  /** Number of the first readable event. It may lie beyond the last one: then there is nothing to read. */
  readonly from: number;
  /** Milliseconds since 1970: events created earlier have expired. Undefined: none expires. */
  readonly notBefore: number | undefined;
}

/**
 * @param metadata what the newest event of the metastream says
 * @param last number of the stream's last event, -1 without events
 * @param now milliseconds since 1970
 */
export function readableRange(metadata: StreamMetadata, last: number, now: number): ReadableRange {
  if (last === tombstoneRevision) return { from: tombstoneRevision, notBefore: undefined };
  const { maxCount = Infinity, maxAge, truncateBefore = 0 } = metadata;
  return {
    from: Math.max(0, last - maxCount + 1, truncateBefore),
    notBefore: maxAge === undefined ? undefined : now - maxAge * 1_000,
  };
}

export function isReadable(
  range: ReadableRange,
  event: { readonly revision: number; readonly created: number },
): boolean {
  return event.revision >= range.from && !hasExpired(range, event);
}

export function hasExpired({ notBefore }: ReadableRange, { created }: { readonly created: number }): boolean {
  return notBefore !== undefined && created < notBefore;
}

/** A soft-deleted stream looks as if it did not exist, until somebody appends to it. */
export function isSoftDeleted({ truncateBefore }: StreamMetadata): boolean {
  return truncateBefore === softDeleted;
}
