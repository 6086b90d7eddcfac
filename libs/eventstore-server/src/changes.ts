/** Wakes readers that wait for new events. A wake-up carries nothing: the woken reads the log from where it stands. */
export class Changes {
  readonly #ofAll = new Set<() => void>();
  readonly #ofStream = new Map<string, Set<() => void>>();

  /** `stream` undefined: wake on every change. Answers the function that ends it. */
  watch(stream: string | undefined, wake: () => void): () => void {
    if (stream === undefined) {
      this.#ofAll.add(wake);
      return () => this.#ofAll.delete(wake);
    }
    const watchers = this.#ofStream.get(stream) ?? new Set();
    this.#ofStream.set(stream, watchers.add(wake));
    return () => {
      watchers.delete(wake);
      if (watchers.size === 0 && this.#ofStream.get(stream) === watchers) this.#ofStream.delete(stream);
    };
  }

  publish(streams: Iterable<string>): void {
    for (const wake of this.#ofAll) wake();
    if (this.#ofStream.size === 0) return;
    for (const stream of streams) {
      for (const wake of this.#ofStream.get(stream) ?? []) wake();
    }
  }
}
