import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { ConsumerSession } from './consumer-session.js';
import { PositionUnknown, ReadModelBehind } from './errors.js';
import type { EventStore } from './event-store.js';
import { isInfrastructureError } from './infrastructure-error.js';
import { checkpointChannel, positionAwaited } from './saved-position.js';

const waitMs = 2_000;
/** A wake-up can be missed: while connections are made anew, or when the owner changes. */
const lookAgainMs = 250;

interface KeptReadModel {
  readonly database: DataSource;
  readonly session: ConsumerSession;
  readonly store: EventStore;
  /** Position that the read model has reached by this process's work; undefined where another one keeps it. */
  readonly reached: () => bigint | undefined;
}

/** The read models of this process's contexts, for readers that must see what they have just caused. */
export class ReadModels {
  private readonly kept = new Map<string, KeptReadModel>();

  add(name: string, readModel: KeptReadModel): void {
    this.kept.set(name, readModel);
  }

  /**
   * Waits until a read model has seen everything up to a position of the log, 2 s at most.
   * @throws PositionUnknown when the log does not reach that far, ReadModelBehind when the time is over
   */
  async awaitPosition(name: string, position: bigint): Promise<void> {
    const readModel = this.find(name);
    if (await hasReached(name, position, readModel)) return;
    if (position > (await headOf(readModel.store))) throw new PositionUnknown(position);
    const deadline = performance.now() + waitMs;
    let wake = Promise.withResolvers<void>();
    const deaf = readModel.session.listen(checkpointChannel, () => wake.resolve());
    try {
      while (performance.now() < deadline) {
        await readModel.database.query('select pg_notify($1, $2)', [positionAwaited, `${name} ${position}`]);
        await Promise.race([wake.promise, delay(Math.min(lookAgainMs, deadline - performance.now()))]);
        wake = Promise.withResolvers();
        if (await hasReached(name, position, readModel)) return;
      }
    } finally {
      deaf();
    }
    throw new ReadModelBehind(name, position);
  }

  /**
   * Waits until a read model has seen the whole log as it is now, 2 s at most: what it does not know then was not.
   * @throws ReadModelBehind when the time is over, EventStoreUnavailable
   */
  async awaitHead(name: string): Promise<void> {
    // The store's own events may be the newest: no read model gets to those.
    const head = await this.find(name).store.headOfConsumers();
    if (head >= 0n) await this.awaitPosition(name, head);
  }

  private find(name: string): KeptReadModel {
    const found = this.kept.get(name);
    if (!found) throw new Error(`No context of this process keeps the read model ${name}.`);
    return found;
  }
}

async function hasReached(name: string, position: bigint, { reached, database }: KeptReadModel): Promise<boolean> {
  const here = reached();
  if (here !== undefined && here >= position) return true;
  const [row] = await database.query<{ position: string }[]>(
    'select position from consumer_checkpoints where projection = $1 and live',
    [name],
  );
  return row !== undefined && BigInt(row.position) >= position;
}

/** Without the store nobody can say how far the log reaches; the read model may still get there. */
async function headOf(store: EventStore): Promise<bigint> {
  try {
    return await store.head();
  } catch (error) {
    if (isInfrastructureError(error)) return 2n ** 63n;
    throw error;
  }
}
