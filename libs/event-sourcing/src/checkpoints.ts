import type { DataSource, EntityManager } from 'typeorm';
import { fanOutsTable } from './fan-out-place.js';
import type { LogMark } from './known-log.js';
import { parkedEventsTable } from './parked-events.js';
import { policyRefusalsTable } from './policy-refusals.js';

/** Somebody else moved the checkpoint, or it is gone: its read model was switched to another table. */
export class CheckpointMoved extends Error {
  constructor(readonly consumer: string) {
    super(`Another process moved the checkpoint of ${consumer}.`);
    this.name = 'CheckpointMoved';
  }
}

/** What stands in a checkpoint. */
export interface Checkpoint {
  readonly position: bigint;
  /** Id of the first event of the log that the position belongs to; undefined before the first event. */
  readonly log: string | undefined;
  /** The last event up to the position whose id was kept: a log that holds another one there is another log. */
  readonly mark: LogMark | undefined;
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
      do $$ begin
        -- Only when it is needed: it waits for everybody who works on a checkpoint, and they for it.
        if not exists (
          select from pg_attribute where attrelid = 'consumer_checkpoints'::regclass and attname = 'live'
        ) then
          alter table consumer_checkpoints
            add column log uuid,
            add column projection text,
            add column version integer,
            add column generation integer,
            add column event_types text[],
            add column live boolean;
          create unique index consumer_checkpoints_live on consumer_checkpoints (projection) where live;
        end if;
        if not exists (
          select from pg_attribute where attrelid = 'consumer_checkpoints'::regclass and attname = 'event_id'
        ) then
          alter table consumer_checkpoints add column event_position bigint, add column event_id uuid;
        end if;
      end $$;
      ${policyRefusalsTable};
      ${fanOutsTable};
      ${parkedEventsTable}`),
    );
  }

  /** Answers the position up to which a consumer has worked; a new consumer gets `start`. */
  async load(consumer: string, start: bigint): Promise<bigint> {
    await this.database.query(
      'insert into consumer_checkpoints (consumer, position) values ($1, $2) on conflict do nothing',
      [consumer, start],
    );
    return (await this.read(consumer)).position;
  }

  /** @throws CheckpointMoved when there is none */
  async read(consumer: string): Promise<Checkpoint> {
    const [row] = await this.database.query<CheckpointRow[]>(
      'select position, log, event_position, event_id from consumer_checkpoints where consumer = $1',
      [consumer],
    );
    if (!row) throw new CheckpointMoved(consumer);
    const { position, log, event_position: marked, event_id: id } = row;
    const mark = marked !== null && id !== null ? { position: BigInt(marked), id } : undefined;
    return { position: BigInt(position), log: log ?? undefined, mark };
  }

  /** Keeps a mark for a checkpoint that has none and still stands where the mark is. */
  async mark(consumer: string, { position, id }: LogMark): Promise<void> {
    await this.database.query(
      `update consumer_checkpoints set event_position = $2, event_id = $3
       where consumer = $1 and position = $2 and event_id is null`,
      [consumer, position, id],
    );
  }

  /**
   * Moves a checkpoint if it still stands where the caller left it. Call it before the work of the transaction: it
   * locks the checkpoint, and a caller that lost leaves nothing behind.
   * @throws CheckpointMoved otherwise; the caller's transaction must roll back
   */
  async move(
    consumer: string,
    from: bigint,
    to: bigint,
    { log, mark }: Pick<Checkpoint, 'log' | 'mark'>,
    manager: EntityManager,
  ): Promise<void> {
    const [, moved] = await manager.query<[unknown, number]>(
      `update consumer_checkpoints set position = $3, moved_at = now(), log = coalesce($4, log),
         event_position = coalesce($5, event_position), event_id = coalesce($6, event_id)
       where consumer = $1 and position = $2`,
      [consumer, from, to, log, mark?.position, mark?.id],
    );
    if (moved !== 1) throw new CheckpointMoved(consumer);
  }
}

interface CheckpointRow {
  readonly position: string;
  readonly log: string | null;
  readonly event_position: string | null;
  readonly event_id: string | null;
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
