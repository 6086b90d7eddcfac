import type { EntityManager } from 'typeorm';

/** What one event adds to the transaction that moves the checkpoint over it. */
export type CommitWork = (manager: EntityManager) => Promise<void>;

interface Waiting {
  readonly work: CommitWork;
  readonly done: PromiseWithResolvers<void>;
}

/** Puts what finishes at the same time into one transaction; while one is written, the next one gathers. */
export class GroupCommit {
  private waiting: Waiting[] = [];
  private writing = false;

  /** @param write carries out the works in one transaction; called once at a time, and tried no second time */
  constructor(private readonly write: (works: readonly CommitWork[]) => Promise<void>) {}

  /** Resolves when the work is committed. */
  async add(work: CommitWork): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.waiting.push({ work, done });
    if (!this.writing) void this.drain();
    await done.promise;
  }

  private async drain(): Promise<void> {
    this.writing = true;
    while (this.waiting.length > 0) {
      const group = this.waiting;
      this.waiting = [];
      try {
        await this.write(group.map(({ work }) => work));
        for (const { done } of group) done.resolve();
      } catch (error) {
        for (const { done } of group) done.reject(error);
      }
    }
    this.writing = false;
  }
}
