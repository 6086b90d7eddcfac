import type { DataSource, EntityManager } from 'typeorm';
import type { Checkpoint, Checkpoints } from './checkpoints.js';
import { LogReplaced } from './errors.js';
import type { LogTail } from './log-tail.js';

const saveEveryMs = 5_000;

/** The checkpoint of one consumer as this process knows it: what is saved, and what has been passed since. */
export class SavedPosition {
  private saved = -1n;
  private passed = -1n;
  private log: string | undefined;
  private savedAt = Date.now();
  private awaited: bigint | undefined;

  constructor(
    private readonly consumer: string,
    private readonly checkpoints: Checkpoints,
    private readonly database: DataSource,
    private readonly tail: LogTail,
  ) {}

  /**
   * Reads where the consumer stands, at the start and after whatever may have moved the checkpoint.
   * @throws LogReplaced when the log is not the one that the checkpoint belongs to, or ends before it
   */
  async begin(): Promise<bigint> {
    const checkpoint = await this.checkpoints.read(this.consumer);
    await demandSameLog(this.consumer, checkpoint, this.tail);
    this.saved = this.passed = checkpoint.position;
    this.log = checkpoint.log;
    return this.saved;
  }

  /** Moves the checkpoint in the same transaction as the work. */
  async commit(position: bigint, work: (manager: EntityManager) => Promise<void>): Promise<void> {
    this.log ??= await this.tail.identity();
    const wake = this.awaited !== undefined && position >= this.awaited;
    await this.database.transaction(async (manager) => {
      await this.checkpoints.move(this.consumer, this.saved, position, this.log, manager);
      await work(manager);
      if (wake) await manager.query(`select pg_notify($1, '')`, [checkpointChannel]);
    });
    if (wake) this.awaited = undefined;
    this.saved = this.passed = position;
    this.savedAt = Date.now();
  }

  /** Notes events that are of no concern; the checkpoint follows every few seconds, or at once if awaited. */
  async pass(position: bigint): Promise<void> {
    this.passed = position;
    const due = this.awaited !== undefined && position >= this.awaited;
    if (due || Date.now() - this.savedAt >= saveEveryMs) await this.save();
  }

  async save(): Promise<void> {
    if (this.passed > this.saved) await this.commit(this.passed, async () => undefined);
  }
}

/** Postgres tells on this channel that a checkpoint which somebody awaited has moved. */
export const checkpointChannel = 'keiyaku_checkpoint_moved';

/** @throws LogReplaced when the log is not the one that the checkpoint belongs to, or ends before it */
async function demandSameLog(consumer: string, { position, log }: Checkpoint, tail: LogTail): Promise<void> {
  const [current, head] = [await tail.identity(), await tail.store.head()];
  if (log !== undefined && current !== log) {
    throw new LogReplaced(`The event store holds another log than the one that ${consumer} was made from.`);
  }
  if (head < position) {
    throw new LogReplaced(`The log ends at ${head}, before the checkpoint ${position} of ${consumer}.`);
  }
}
