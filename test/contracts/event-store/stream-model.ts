/** What the reference says of one stream, without files, caches or a wire: what a real one is compared with. */

export type Expected = 'any' | 'no_stream' | 'stream_exists' | bigint;

export type ModelOutcome =
  | { readonly kind: 'success'; readonly revision: number }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'deleted' };

export type Direction = 'forwards' | 'backwards';
export type ModelRead =
  { readonly kind: 'not found' | 'deleted' } | { readonly kind: 'events'; readonly revisions: number[] };

export type ModelMetadata = {
  readonly maxCount?: number;
  readonly truncateBefore?: number;
};

export class StreamModel {
  /** Ids by revision; undefined where a scavenge has removed the event. */
  readonly ids: (string | undefined)[] = [];
  #tombstoned = false;
  #softDeleted = false;
  #metadata: ModelMetadata | undefined;
  /** Numbers of the ids that the server wrote since its start: only these it knows without a revision. */
  readonly #known = new Map<string, number>();

  get last(): number {
    return this.ids.length - 1;
  }

  restarted(): void {
    this.#known.clear();
  }

  append(expected: Expected, ids: readonly string[]): ModelOutcome {
    if (this.#tombstoned) return { kind: 'deleted' };
    if (expected === 'stream_exists') {
      if (this.#softDeleted) return { kind: 'deleted' };
      if (this.last < 0 && this.#metadata === undefined) return { kind: 'conflict' };
    }
    if (typeof expected === 'bigint' || expected === 'no_stream') {
      return this.#appendAt(expected === 'no_stream' ? -1 : Number(expected), ids, expected === 'no_stream');
    }
    const numbers = ids.map((id) => this.#known.get(id));
    if (numbers[0] === undefined) return this.#write(ids);
    const last = numbers.at(-1);
    return last === undefined || numbers.includes(undefined)
      ? { kind: 'conflict' }
      : { kind: 'success', revision: last };
  }

  #appendAt(revision: number, ids: readonly string[], noStream: boolean): ModelOutcome {
    if (revision > this.last) return { kind: 'conflict' };
    if (revision === this.last) return this.#write(ids);
    const stored = this.ids.slice(revision + 1);
    if (ids.every((id, index) => id === stored[index])) return { kind: 'success', revision: revision + ids.length };
    return noStream && this.#softDeleted && ids[0] !== stored[0] ? this.#write(ids) : { kind: 'conflict' };
  }

  #write(ids: readonly string[]): ModelOutcome {
    this.#undelete();
    for (const id of ids) {
      this.#known.set(id, this.ids.length);
      this.ids.push(id);
    }
    return { kind: 'success', revision: this.last };
  }

  /** What is there stays hidden, what comes can be read. */
  #undelete(): void {
    if (!this.#softDeleted) return;
    this.#softDeleted = false;
    this.#metadata = { ...this.#metadata, truncateBefore: this.last + 1 };
  }

  /** Soft, or for ever. */
  delete(expected: Exclude<Expected, 'stream_exists'>, forEver: boolean): ModelOutcome {
    if (this.#tombstoned) return { kind: 'deleted' };
    const isThere = this.last >= 0 || this.#metadata !== undefined || forEver;
    const matches =
      expected === 'any' ||
      (expected === 'no_stream' ? this.last < 0 || this.#softDeleted : expected === BigInt(this.last));
    if (!isThere || !matches) return { kind: 'conflict' };
    this.#tombstoned = forEver;
    this.#softDeleted = !forEver;
    this.#metadata = {};
    return { kind: 'success', revision: this.last };
  }

  setMetadata(metadata: ModelMetadata): ModelOutcome {
    if (this.#tombstoned) return { kind: 'deleted' };
    this.#metadata = metadata;
    this.#undelete();
    return { kind: 'success', revision: 0 };
  }

  /** `from` undefined: from the end, which forwards means nothing. */
  read(direction: Direction, from: number | undefined, count: number): ModelRead {
    if (this.#tombstoned) return { kind: 'deleted' };
    if (this.last < 0 || this.#softDeleted) return { kind: 'not found' };
    const readable = this.ids.map((_, revision) => revision).filter((revision) => revision >= this.#first);
    const revisions =
      direction === 'forwards'
        ? readable.filter((revision) => revision >= (from ?? Infinity))
        : readable.filter((revision) => revision <= (from ?? Infinity)).toReversed();
    return { kind: 'events', revisions: revisions.slice(0, count) };
  }

  /** Answers the numbers of the events that go: what cannot be read, but for the last one. */
  scavenge(): number[] {
    const end = this.#tombstoned ? this.ids.length : this.last;
    const gone = this.ids.flatMap((id, revision) =>
      id !== undefined && revision < end && (this.#tombstoned || this.#softDeleted || revision < this.#first)
        ? [revision]
        : [],
    );
    for (const revision of gone) this.ids[revision] = undefined;
    return gone;
  }

  /** The first number that can be read. */
  get #first(): number {
    const { maxCount = Infinity, truncateBefore = 0 } = this.#metadata ?? {};
    return Math.max(0, this.last - maxCount + 1, truncateBefore);
  }
}
