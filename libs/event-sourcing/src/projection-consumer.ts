import type { DataSource } from 'typeorm';
import type { Checkpoints } from './checkpoints.js';
import { CheckpointMoved } from './checkpoints.js';
import type { Consumer } from './consumer.js';
import type { RecordedEvent } from './event.js';
import type { EventSchemas } from './event-schemas.js';
import { isInfrastructureError } from './infrastructure-error.js';
import type { Batch, LogTail } from './log-tail.js';
import { type Projection, fold } from './projection.js';
import { ReadModelTable } from './read-model-table.js';
import { SavedPosition } from './saved-position.js';

const batchSize = 500;

/**
 * Makes the consumer that keeps one read model: a batch of events is folded in memory and written in one
 * statement; the checkpoint moves in the same transaction, so each event counts exactly once.
 */
export async function projectionConsumer<Row extends object>(
  projection: Projection<Row>,
  { database, checkpoints, tail, schemas }: ConsumerDependencies,
): Promise<Consumer> {
  const table = new ReadModelTable(database, projection);
  await table.create();
  const name = `${projection.name}_v${projection.version}`;
  const start = await checkpoints.load(name, -1n);
  const position = new SavedPosition(name, checkpoints, database, start);
  const cursor = tail.open(start, (type) => projection.steps.has(type));

  const apply = async (batch: Batch): Promise<void> => {
    if (batch.events.length === 0) return position.pass(batch.position);
    const events = batch.events.map((event) => schemas.current(event));
    const keys = [...new Set(events.flatMap((event) => keysOf(projection, event)))];
    await position.commit(batch.position, async (manager) => {
      const rows = await table.load(keys, manager);
      fold(projection, rows, events);
      await table.save(rows, manager);
    });
  };

  return {
    name,
    kind: 'projection',
    cursor,
    batch: batchSize,
    apply: async (batch) => {
      try {
        await apply(batch);
      } catch (error) {
        if (error instanceof CheckpointMoved) cursor.advance(await position.reload(error));
        throw error;
      }
    },
    fatal: (error) => !(error instanceof CheckpointMoved) && !isInfrastructureError(error),
    finish: () => position.save(),
  };
}

/** What a consumer of one context works with. */
export interface ConsumerDependencies {
  readonly database: DataSource;
  readonly checkpoints: Checkpoints;
  readonly tail: LogTail;
  readonly schemas: EventSchemas;
}

function keysOf<Row extends object>(projection: Projection<Row>, event: RecordedEvent): readonly string[] {
  return projection.steps.get(event.type)?.keys(event) ?? [];
}
