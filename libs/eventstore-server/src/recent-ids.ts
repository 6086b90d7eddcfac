import { RecentMap } from './recent-map.js';

const maxBytes = 8 * 1024 * 1024;
/** What an entry costs beside its key, roughly. */
const entryOverhead = 64;

/**
 * Remembers which number the latest events got in their stream, so that a repeated append is recognised
 * when it names no revision. Bounded, and empty after a start, as in EventStoreDB.
 */
export class RecentIds {
  readonly #revisions = new RecentMap<number>(maxBytes);

  get(stream: string, id: string): number | undefined {
    return this.#revisions.get(keyOf(stream, id));
  }

  add(stream: string, id: string, revision: number): void {
    const key = keyOf(stream, id);
    this.#revisions.set(key, revision, key.length + entryOverhead);
  }

  clear(): void {
    this.#revisions.clear();
  }
}

function keyOf(stream: string, id: string): string {
  return `${id}${stream}`;
}
