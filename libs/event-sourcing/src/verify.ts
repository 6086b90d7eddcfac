import { type RebuildDependencies, dropFilling, filling } from './rebuild.js';
import type { Projection } from './projection.js';
import type { RowDifference } from './read-model-table.js';

export interface Verification {
  /** Position at which both were compared, decimal. */
  readonly position: string;
  readonly rows: number;
  /** Number of all differing rows. */
  readonly differing: number;
  /** The first ones, by key. */
  readonly differences: readonly RowDifference[];
}

const shown = 20;

/**
 * Compares the table that serves with one that is made afresh from the log up to the same position, row for row,
 * while writes go on.
 * @throws RebuildRunning when another process rebuilds or verifies this read model
 */
export async function verify<Row extends object>(
  projection: Projection<Row>,
  dependencies: RebuildDependencies,
): Promise<Verification> {
  const { database } = dependencies;
  return filling(projection, dependencies, async (fill) => {
    try {
      const current = await fill.generations.current();
      if (!current) throw new Error(`${projection.name} serves an older version. Start its context, or rebuild it.`);
      const before = await fill.generations.live();
      if (before) await fill.fillTo(before.position);
      // One snapshot of the checkpoint and its rows; what was written since the fill is folded within it.
      return await database.transaction('REPEATABLE READ', async (manager) => {
        const live = await fill.generations.live(manager);
        if (!live) throw new Error(`No table serves ${projection.name}.`);
        await fill.fillWithin(manager, live.position);
        const found = await current.differences(fill.table, shown, manager);
        return { position: live.position.toString(), ...found };
      });
    } finally {
      await dropFilling(fill, database);
    }
  });
}
