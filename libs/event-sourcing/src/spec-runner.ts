/** One process's part of keeping a read model, for specs that run several of them. */
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { testContext } from '#libs/testing/src/given.js';
import { Checkpoints } from './checkpoints.js';
import { ConsumerLoop } from './consumer.js';
import { ConsumerSession } from './consumer-session.js';
import type { EventSchemas } from './event-schemas.js';
import { EventStore } from './event-store.js';
import { freshId } from './ids.js';
import { LogTail } from './log-tail.js';
import type { Projection } from './projection.js';
import { projectionConsumer } from './projection-consumer.js';
import { AccountBalance, accountSchemas } from './spec-account.js';

export interface SpecRunner {
  readonly loop: ConsumerLoop;
  readonly store: EventStore;
  readonly database: DataSource;
  /** @throws when there is none */
  balanceOf(account: string): Promise<AccountBalance>;
  balances(): Promise<AccountBalance[]>;
  /** Harmless when it is closed already. */
  close(): Promise<void>;
}

/** @param options `database` and `eventStore` are URLs */
export async function startRunner<Row extends object>(options: {
  readonly database: string;
  readonly eventStore: string;
  readonly projected: Projection<Row>;
  readonly schemas?: EventSchemas;
}): Promise<SpecRunner> {
  const { projected, schemas = accountSchemas } = options;
  const store = EventStore.connect(options.eventStore);
  const entities = [projected.entity];
  const database = await new DataSource({ type: 'postgres', url: options.database, entities }).initialize();
  const checkpoints = new Checkpoints(database);
  await checkpoints.createTables();
  const tail = new LogTail(store);
  const session = new ConsumerSession(database);
  let closed = false;
  const close = async (loop?: ConsumerLoop): Promise<void> => {
    if (closed) return;
    closed = true;
    await loop?.stop();
    await session.close();
    await tail.close();
    await store.close();
    await database.destroy();
  };
  try {
    const consumer = await projectionConsumer(projected, { database, checkpoints, tail, schemas, session });
    const loop = new ConsumerLoop(consumer, new Logger('spec'));
    const rows = database.getRepository(AccountBalance);
    return {
      loop,
      store,
      database,
      balanceOf: (accountId) => rows.findOneByOrFail({ accountId }),
      balances: () => rows.find({ order: { accountId: 'ASC' } }),
      close: () => close(loop),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Appends the event itself: an older or newer program may have written it. Answers the account's id. */
export async function openAccount(store: EventStore, owner: string, { schemaVersion = 2 } = {}): Promise<string> {
  const accountId = freshId();
  const metadata = { ...testContext({ commandId: freshId() }), schemaVersion };
  const event = { id: freshId(), type: 'account.opened', data: { accountId, owner }, metadata };
  await store.append(`account-${accountId}`, [event], -1);
  return accountId;
}
