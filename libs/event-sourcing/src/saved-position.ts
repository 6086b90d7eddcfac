import type { DataSource, EntityManager } from 'typeorm';
import { CheckpointMoved, type Checkpoints } from './checkpoints.js';

const saveEveryMs = 5_000;

/** The checkpoint of one consumer as this process knows it: what is saved, and what has been passed since. */
export class SavedPosition {
  private passed: bigint;
  private savedAt = Date.now();

  constructor(
    private readonly consumer: string,
    private readonly checkpoints: Checkpoints,
    private readonly database: DataSource,
    private saved: bigint,
  ) {
    this.passed = saved;
  }

  /** Moves the checkpoint in the same transaction as the work. */
  async commit(position: bigint, work: (manager: EntityManager) => Promise<void>): Promise<void> {
    await this.database.transaction(async (manager) => {
      await work(manager);
      await this.checkpoints.move(this.consumer, this.saved, position, manager);
    });
    this.saved = this.passed = position;
    this.savedAt = Date.now();
  }

  /** Notes events that are of no concern; the checkpoint follows every few seconds. */
  async pass(position: bigint): Promise<void> {
    this.passed = position;
    if (Date.now() - this.savedAt >= saveEveryMs) await this.save();
  }

  async save(): Promise<void> {
    if (this.passed > this.saved) await this.commit(this.passed, async () => undefined);
  }

  /** After a lost race: where the other process has got to. */
  async reload(error: CheckpointMoved): Promise<bigint> {
    this.saved = this.passed = await this.checkpoints.load(error.consumer, this.saved);
    return this.saved;
  }
}
