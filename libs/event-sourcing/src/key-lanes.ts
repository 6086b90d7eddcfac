/** Runs the tasks of one key one after the other, and those of different keys side by side. */
export class KeyLanes {
  private readonly lanes = new Map<string, Promise<void>>();
  private readonly stopping = new AbortController();
  private problem: { readonly error: unknown } | undefined;
  private changed = Promise.withResolvers<void>();
  private tasks = 0;

  /** Number of tasks that have not ended. */
  get size(): number {
    return this.tasks;
  }

  /** Aborts when no further task begins. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** The task of a key begins when the one before has ended. A task that throws stops all lanes. */
  add(key: string, task: () => Promise<void>): void {
    this.tasks++;
    const before = this.lanes.get(key) ?? Promise.resolve();
    const lane = before.then(async () => {
      try {
        if (!this.signal.aborted) await task();
      } catch (error) {
        if (!this.signal.aborted) this.problem = { error };
        this.stopping.abort();
      }
      this.tasks--;
      if (this.lanes.get(key) === lane) this.lanes.delete(key);
      this.wake();
    });
    this.lanes.set(key, lane);
  }

  /**
   * Waits for a condition, which is looked at again whenever a task ends, or somebody calls `wake`.
   * @throws what a task threw
   */
  async until(condition: () => boolean): Promise<void> {
    for (;;) {
      if (this.problem) throw this.problem.error;
      if (condition()) return;
      await this.changed.promise;
    }
  }

  wake(): void {
    const { resolve } = this.changed;
    this.changed = Promise.withResolvers<void>();
    resolve();
  }

  /** Resolves when the tasks in hand have ended; those that wait never begin. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.lanes.values());
  }
}
