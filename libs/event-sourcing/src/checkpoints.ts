import type { DataSource, EntityManager } from 'typeorm';
import { parkedEventsTable } from './parked-events.js';

/** Somebody else moved the checkpoint: this process is not the only one that works on the consumer. */
export class CheckpointMoved extends Error {
  constructor(readonly consumer: string) {
    super(`Another process moved the checkpoint of ${consumer}.`);
    this.name = 'CheckpointMoved';
  }
}

/** Positions of the consumers of one context, in the context's own database. */
export class Checkpoints {
  constructor(private readonly database: DataSource) {}

  async createTables(): Promise<void> {
    await locked(this.database, (manager) =>
      manager.query(`
      create table if not exists consumer_checkpoints (
        consumer text primary key,
        position bigint not null,
        moved_at timestamptz not null default now()
      );
      create table if not exists policy_refusals (
        policy text not null,
        event_id uuid not null,
        stream text not null,
        code text not null,
        detail text not null,
        refused_at timestamptz not null default now(),
        primary key (policy, event_id, code)
      );
      ${parkedEventsTable}`),
    );
  }

  /** Answers the position up to which a consumer has worked; a new consumer gets `start`. */
  async load(consumer: string, start: bigint): Promise<bigint> {
    await this.database.query(
      'insert into consumer_checkpoints (consumer, position) values ($1, $2) on conflict do nothing',
      [consumer, start],
    );
    const [row] = await this.database.query<{ position: string }[]>(
      'select position from consumer_checkpoints where consumer = $1',
      [consumer],
    );
    if (!row) throw new Error(`The checkpoint of ${consumer} vanished.`);
    return BigInt(row.position);
  }

  /**
   * Moves a checkpoint if it still stands where the caller left it.
   * @throws CheckpointMoved otherwise; the caller's transaction must roll back
   */
  async move(consumer: string, from: bigint, to: bigint, manager: EntityManager): Promise<void> {
    const [, moved] = await manager.query<[unknown, number]>(
      'update consumer_checkpoints set position = $3, moved_at = now() where consumer = $1 and position = $2',
      [consumer, from, to],
    );
    if (moved !== 1) throw new CheckpointMoved(consumer);
  }
}

/** Runs DDL while no other process of the context does. */
export async function locked<Result>(
  database: DataSource,
  run: (manager: EntityManager) => Promise<Result>,
): Promise<Result> {
  return database.transaction(async (manager) => {
    await manager.query(`select pg_advisory_xact_lock(hashtextextended('keiyaku kernel tables', 0))`);
    return run(manager);
  });
}
