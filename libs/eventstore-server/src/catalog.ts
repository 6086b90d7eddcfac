import { RecentMap } from './recent-map.js';
import { isSoftDeleted, readableRange } from './retention.js';
import type { ReadableRange } from './retention.js';
import type { Storage } from './storage.js';
import { metastreamOf, parseMetadata, subjectOf } from './stream-metadata.js';
import type { StreamMetadata } from './stream-metadata.js';
import { tombstoneRevision } from './tombstone.js';

/** What a reader finds under a name. */
export type StreamState =
  /** Nothing was ever written, or it is soft-deleted. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'tombstoned' }
  | { readonly kind: 'present'; readonly last: number; readonly range: ReadableRange };

const metadataOfMetastreams: StreamMetadata = { maxCount: 1 };
const mostRemembered = 10_000;

/** Says what is stored under a stream's name. Metadata is remembered, because every append and every read asks for it. */
export class Catalog {
  readonly #metadata = new RecentMap<StreamMetadata>(mostRemembered);

  constructor(private readonly storage: Storage) {}

  /** @param now milliseconds since 1970 */
  find(stream: string, now: number): StreamState {
    const last = this.lastRevision(stream);
    if (last === tombstoneRevision) return { kind: 'tombstoned' };
    if (last < 0) return { kind: 'missing' };
    const metadata = this.metadata(stream);
    if (isSoftDeleted(metadata)) return { kind: 'missing' };
    return { kind: 'present', last, range: readableRange(metadata, last, now) };
  }

  /** Number of the last event, -1 without events, `tombstoneRevision` also for the metastream of a tombstoned stream. */
  lastRevision(stream: string): number {
    const subject = subjectOf(stream);
    if (subject !== undefined && this.lastRevision(subject) === tombstoneRevision) return tombstoneRevision;
    return this.storage.lastRevision(stream);
  }

  metadata(stream: string): StreamMetadata {
    if (subjectOf(stream) !== undefined) return metadataOfMetastreams;
    let metadata = this.#metadata.get(stream);
    if (metadata === undefined) {
      const metastream = metastreamOf(stream);
      metadata = parseMetadata(this.storage.eventOf(metastream, this.storage.lastRevision(metastream)));
      this.#metadata.set(stream, metadata);
    }
    return metadata;
  }

  /** To be called with every stream that was written to, once the new events can be read. */
  changed(stream: string): void {
    const subject = subjectOf(stream);
    if (subject !== undefined) this.#metadata.delete(subject);
  }
}
