import type { DataSource } from 'typeorm';
import { CheckpointMoved, type Checkpoints } from './checkpoints.js';
import type { ConsumerSession } from './consumer-session.js';
import type { Consumer } from './consumer.js';
import { NewerSchemaVersion, RebuildRunning } from './errors.js';
import type { RecordedEvent } from './event.js';
import type { EventSchemas } from './event-schemas.js';
import { Generations } from './generations.js';
import { isInfrastructureError } from './infrastructure-error.js';
import type { Batch } from './log-cursor.js';
import type { LogTail } from './log-tail.js';
import type { Projection } from './projection.js';
import { type ReadModelTable, writeRows } from './read-model-table.js';
import { rebuild } from './rebuild.js';
import { SavedPosition, positionAwaited } from './saved-position.js';

const batchSize = 500;
/** Under load a transaction takes what came in this time; its cost hardly depends on how much that is. */
const gatherMs = 20;

/** What a consumer of one context works with. */
export interface ConsumerDependencies {
  readonly database: DataSource;
  readonly checkpoints: Checkpoints;
  readonly tail: LogTail;
  readonly schemas: EventSchemas;
  /** Says which consumers of the context this process runs. */
  readonly session: ConsumerSession;
}

export interface ProjectionConsumer extends Consumer {
  /** Position that the read model has reached by this process's work; undefined where another one keeps it. */
  readonly reached: () => bigint | undefined;
}

/**
 * Makes the consumer that keeps one read model: a batch of events is folded in memory and written in one
 * statement; the checkpoint moves in the same transaction, so each event counts exactly once.
 * @throws ProjectionChanged when the read model that stands was made by another projection of the same version
 */
export async function projectionConsumer<Row extends object>(
  projection: Projection<Row>,
  { database, checkpoints, tail, schemas, session }: ConsumerDependencies,
): Promise<ProjectionConsumer> {
  const generations = new Generations(database, projection);
  await generations.createFirst();
  await generations.demandUnchanged();
  const cursor = tail.open(-1n, (type) => projection.steps.has(type), gatherMs);
  let working: { readonly table: ReadModelTable<Row>; readonly position: SavedPosition } | undefined;

  const begin = async (signal: AbortSignal): Promise<void> => {
    working = undefined;
    if (!(await generations.current())) {
      // The older version serves until this one has caught up.
      await rebuild(projection, { database, store: tail.store, schemas, signal });
    }
    const table = await generations.current();
    if (!table) throw new CheckpointMoved(projection.name);
    const position = new SavedPosition(table.name, checkpoints, database, tail);
    cursor.advance(await position.begin());
    working = { table, position };
  };

  const apply = async (batch: Batch): Promise<void> => {
    if (!working) throw new Error(`${projection.name} has not begun.`);
    const { table, position } = working;
    if (batch.events.length === 0) return position.pass(batch.position);
    const { events, newer } = readable(batch.events, schemas);
    const last = newer ? events.at(-1)?.position : batch.position;
    if (last !== undefined) {
      await position.commit(last, (manager) => writeRows(projection, table, events, manager));
    }
    if (newer) throw newer;
  };

  session.listen(positionAwaited, (payload) => {
    const [name, position = ''] = payload.split(' ');
    if (name !== projection.name) return;
    // What fails here fails in the loop as well, which says so and mends it.
    working?.position.await(BigInt(position)).catch(() => undefined);
    cursor.hurry(BigInt(position));
  });

  return {
    name: `${projection.name}_v${projection.version}`,
    kind: 'projection',
    session,
    cursor,
    batch: batchSize,
    begin,
    apply,
    saved: async () => (await generations.live())?.position ?? -1n,
    fatal: (error) =>
      !(error instanceof CheckpointMoved || error instanceof RebuildRunning) && !isInfrastructureError(error),
    finish: async () => {
      await working?.position.save();
      working = undefined;
    },
    reached: () => working && cursor.position,
  };
}

/** The events up to the first one that only a newer program can read. */
function readable(
  stored: readonly RecordedEvent[],
  schemas: EventSchemas,
): { readonly events: readonly RecordedEvent[]; readonly newer?: NewerSchemaVersion } {
  const events: RecordedEvent[] = [];
  for (const event of stored) {
    try {
      events.push(schemas.current(event));
    } catch (error) {
      if (error instanceof NewerSchemaVersion) return { events, newer: error };
      throw error;
    }
  }
  return { events };
}
