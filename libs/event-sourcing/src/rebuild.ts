import type { DataSource, EntityManager } from 'typeorm';
import { CheckpointMoved, Checkpoints, locked } from './checkpoints.js';
import { RebuildRunning } from './errors.js';
import type { RecordedEvent } from './event.js';
import type { EventSchemas } from './event-schemas.js';
import type { EventStore } from './event-store.js';
import type { LogEntry } from './log-entry.js';
import { Generations } from './generations.js';
import { type Projection, changesOf } from './projection.js';
import { type ReadModelTable, writeRows } from './read-model-table.js';

const pageSize = 2_000;
/** Readers in the middle of a query hold up a switch, and others behind it; it steps back and tries again. */
const switchLockTimeout = '2s';
const lockNotAvailable = '55P03';

export interface RebuildDependencies {
  readonly database: DataSource;
  readonly store: EventStore;
  readonly schemas: EventSchemas;
  /** Ends the work between two pages. */
  readonly signal?: AbortSignal;
}

/** A table that is filled from the log beside the one that serves. */
export interface Filling<Row extends object> {
  readonly generations: Generations<Row>;
  readonly table: ReadModelTable<Row>;
  /** Reads the log from where the table stands up to a position; answers the number of entries that it read. */
  readonly fillTo: (position: bigint) => Promise<number>;
  /** The same within the caller's transaction. */
  readonly fillWithin: (manager: EntityManager, position: bigint) => Promise<void>;
}

/**
 * Makes a read model anew while the old table serves and is written: fills a new one from the log, then switches in
 * one transaction in which both stand at the same position. Also the way to a new version.
 * Killed at any moment it leaves the old table in place; the next rebuild starts from nothing.
 * @returns the position at which the new table began to serve
 * @throws RebuildRunning when another process rebuilds or verifies this read model
 */
export async function rebuild<Row extends object>(
  projection: Projection<Row>,
  dependencies: RebuildDependencies,
): Promise<bigint> {
  return filling(projection, dependencies, async (fill) => {
    // Each round is shorter than the one before: it covers only what was written during that one.
    while ((await fill.fillTo(await dependencies.store.head())) >= pageSize);
    await fill.table.createIndices(dependencies.database.manager);
    for (;;) {
      try {
        return await switchTo(fill, dependencies.database);
      } catch (error) {
        if (!isLockTimeout(error)) throw error;
        dependencies.signal?.throwIfAborted();
      }
    }
  });
}

/** Runs work with a new, empty table beside the one that serves. What an earlier run left is dropped first. */
export async function filling<Row extends object, Result>(
  projection: Projection<Row>,
  { database, store, schemas, signal }: RebuildDependencies,
  work: (fill: Filling<Row>) => Promise<Result>,
): Promise<Result> {
  const generations = new Generations(database, projection);
  const checkpoints = new Checkpoints(database);
  return alone(database, projection.name, async () => {
    const table = await locked(database, async (manager) => {
      const leftovers = (await generations.all(manager)).filter(({ live }) => !live);
      // First, so that it shares no number with them: whoever made them may still write.
      const added = await generations.add(manager, false);
      for (const each of leftovers) await generations.drop(each, manager);
      return added;
    });
    const log = await store.identity();
    let position = -1n;
    let indexed = false;
    const write = async (entries: readonly LogEntry[], from: bigint, to: bigint, manager: EntityManager) => {
      const events = entries.flatMap(({ event }) => (event && projection.steps.has(event.type) ? [event] : []));
      const current = (await store.personal.open(events)).map((event) => schemas.current(event));
      const mark = entries.findLast(({ event }) => event)?.event;
      await checkpoints.move(table.name, from, to, { log, mark }, manager);
      // Set-based steps look for rows by other columns than the key.
      if (!indexed && current.some((event) => changesMany(projection, event))) {
        await table.createIndices(manager);
        indexed = true;
      }
      await writeRows(projection, table, current, manager);
    };
    return work({
      generations,
      table,
      fillTo: async (upTo) => {
        let count = 0;
        // While one page is written the next one is read.
        let writing: Promise<void> = Promise.resolve();
        for await (const { entries, position: to } of store.scan(position, upTo, pageSize)) {
          count += entries.length;
          await writing;
          signal?.throwIfAborted();
          const from = position;
          writing = database.transaction((manager) => write(entries, from, to, manager));
          // It is awaited at the next page, not before.
          writing.catch(() => undefined);
          position = to;
        }
        await writing;
        return count;
      },
      fillWithin: async (manager, upTo) => {
        let from = position;
        for await (const { entries, position: to } of store.scan(from, upTo, pageSize)) {
          await write(entries, from, to, manager);
          from = to;
        }
      },
    });
  });
}

function changesMany<Row extends object>({ steps }: Projection<Row>, event: RecordedEvent): boolean {
  const step = steps.get(event.type);
  return step !== undefined && 'many' in step && changesOf(step, event).length > 0;
}

async function switchTo<Row extends object>(
  { generations, table, fillWithin }: Filling<Row>,
  database: DataSource,
): Promise<bigint> {
  return locked(database, async (manager) => {
    await manager.query(`set local lock_timeout = '${switchLockTimeout}'`);
    // Whoever writes the old table waits from here on, and finds its checkpoint gone.
    await generations.lock(manager);
    const live = await generations.live(manager);
    if (live) await fillWithin(manager, live.position);
    const own = (await generations.all(manager)).find(({ generation }) => generation === table.generation);
    if (!own) throw new CheckpointMoved(table.name);
    await table.serve(manager);
    if (live) await generations.drop(live, manager);
    await manager.query('update consumer_checkpoints set live = true where consumer = $1', [table.name]);
    return own.position;
  });
}

/** One rebuild at a time: the lock goes with the connection, so a killed process holds up nobody. */
async function alone<Result>(database: DataSource, name: string, work: () => Promise<Result>): Promise<Result> {
  const connection = database.createQueryRunner();
  const lock = `hashtextextended('keiyaku rebuild ' || $1, 0)`;
  try {
    const [row] = await connection.manager.query<{ locked: boolean }[]>(
      `select pg_try_advisory_lock(${lock}) as locked`,
      [name],
    );
    if (!row?.locked) throw new RebuildRunning(name);
    try {
      return await work();
    } finally {
      await connection.query(`select pg_advisory_unlock(${lock})`, [name]);
    }
  } finally {
    await connection.release();
  }
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === lockNotAvailable;
}

/** Drops the table of a run that is over. */
export async function dropFilling<Row extends object>(
  { generations, table }: Filling<Row>,
  database: DataSource,
): Promise<void> {
  await locked(database, async (manager) => {
    const own = (await generations.all(manager)).find(({ generation }) => generation === table.generation);
    if (own && !own.live) await generations.drop(own, manager);
  });
}
