import type { DataSource, EntityManager } from 'typeorm';
import type { Checkpoint, Checkpoints } from './checkpoints.js';
import { LogReplaced } from './errors.js';
import type { LogTail } from './log-tail.js';
import { Turns } from './turns.js';

const saveEveryMs = 5_000;

/** The checkpoint of one consumer as this process knows it: what is saved, and what has been passed since. */
export class SavedPosition {
  private saved = -1n;
  private passed = -1n;
  private log: string | undefined;
  private savedAt = Date.now();
  private readonly awaited = new Set<bigint>();
  private readonly turns = new Turns(1);

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
    if (!checkpoint.mark) {
      const mark = await this.tail.markAt(checkpoint.position);
      if (mark) await this.checkpoints.mark(this.consumer, mark);
    }
    this.saved = this.passed = checkpoint.position;
    this.log = checkpoint.log;
    return this.saved;
  }

  /** Moves the checkpoint in the same transaction as the work. */
  async commit(position: bigint, work: (manager: EntityManager) => Promise<void>): Promise<void> {
    const leave = await this.turns.enter();
    try {
      await this.commitInTurn(position, work);
    } finally {
      leave();
    }
  }

  /** Notes events that are of no concern; the checkpoint follows every few seconds, or at once if awaited. */
  async pass(position: bigint): Promise<void> {
    this.passed = position;
    if (this.due(position).length > 0 || Date.now() - this.savedAt >= saveEveryMs) await this.save();
  }

  async save(): Promise<void> {
    const { passed } = this;
    if (passed > this.saved) await this.commit(passed, async () => undefined);
  }

  /** Somebody waits until the saved checkpoint has reached a position. */
  async await(position: bigint): Promise<void> {
    if (position <= this.saved) return;
    this.awaited.add(position);
    if (position <= this.passed) await this.save();
  }

  private async commitInTurn(position: bigint, work: (manager: EntityManager) => Promise<void>): Promise<void> {
    this.log ??= await this.tail.log.identity();
    const { log } = this;
    const mark = await this.tail.markAt(position);
    const due = this.due(position);
    await this.database.transaction(async (manager) => {
      await this.checkpoints.move(this.consumer, this.saved, position, { log, mark }, manager);
      await work(manager);
      if (due.length > 0) await manager.query(`select pg_notify($1, '')`, [checkpointChannel]);
    });
    for (const each of due) this.awaited.delete(each);
    this.saved = position;
    if (position > this.passed) this.passed = position;
    this.savedAt = Date.now();
  }

  private due(position: bigint): bigint[] {
    return [...this.awaited].filter((each) => each <= position);
  }
}

/** A waiter tells on this channel which read model it waits for and up to where: `contract_list 1234`. */
export const positionAwaited = 'keiyaku_position_awaited';

/** Postgres tells on this channel that a checkpoint which somebody awaited has moved. */
export const checkpointChannel = 'keiyaku_checkpoint_moved';

/**
 * A log that ends behind the checkpoint may still be an older one that has grown since it was restored: then another
 * event stands where the checkpoint's mark was.
 * @throws LogReplaced when the log is not the one that the checkpoint belongs to, or ends before it
 */
async function demandSameLog(consumer: string, { position, log, mark }: Checkpoint, tail: LogTail): Promise<void> {
  const [current, head] = [await tail.log.identity(), await tail.store.head()];
  if (log !== undefined && current !== log) {
    throw new LogReplaced(`The event store holds another log than the one that ${consumer} was made from.`);
  }
  if (head < position) {
    throw new LogReplaced(`The log ends at ${head}, before the checkpoint ${position} of ${consumer}.`);
  }
  if (mark) await tail.log.demand(mark, consumer);
}
