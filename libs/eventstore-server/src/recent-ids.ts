const maxBytes = 8 * 1024 * 1024;
/** What an entry costs beside its key, roughly. */
const entryOverhead = 64;

/**
 * Remembers which number the latest events got in their stream, so that a repeated append is recognised
 * when it names no revision. Bounded, and empty after a start, as in EventStoreDB.
 */
export class RecentIds {
  readonly #revisions = new Map<string, number>();
  #bytes = 0;

  get(stream: string, id: string): number | undefined {
    return this.#revisions.get(keyOf(stream, id));
  }

  add(stream: string, id: string, revision: number): void {
    const key = keyOf(stream, id);
    if (!this.#revisions.has(key)) this.#bytes += sizeOf(key);
    this.#revisions.set(key, revision);
    for (const oldest of this.#revisions.keys()) {
      if (this.#bytes <= maxBytes) return;
      this.#revisions.delete(oldest);
      this.#bytes -= sizeOf(oldest);
    }
  }

  clear(): void {
    this.#revisions.clear();
    this.#bytes = 0;
  }
}

function keyOf(stream: string, id: string): string {
  return `${id}${stream}`;
}

function sizeOf(key: string): number {
  return key.length + entryOverhead;
}
