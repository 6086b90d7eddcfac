import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Logger } from '@nestjs/common';
import { type TestDatabase, createTestDatabase } from '#libs/testing/src/database.js';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { Checkpoints } from './checkpoints.js';
import { CommandHandler } from './command-handler.js';
import { ConsumerLoop } from './consumer.js';
import { ConsumerSession } from './consumer-session.js';
import type { DomainEvent } from './event.js';
import { EventStore } from './event-store.js';
import { freshId } from './ids.js';
import { LogTail } from './log-tail.js';
import type { Projection, ProjectionStep } from './projection.js';
import { projectionConsumer } from './projection-consumer.js';
import {
  AccountBalance,
  CloseAccount,
  OpenAccount,
  PayIn,
  accountBalance,
  accountDecider,
  accountSchemas,
} from './spec-account.js';

let server: EventStoreServer;
let store: EventStore;
let testDatabase: TestDatabase;
let database: DataSource;
let handler: CommandHandler<unknown, OpenAccount | PayIn | CloseAccount, never>;
const running: { loop: ConsumerLoop; tail: LogTail; session: ConsumerSession }[] = [];

beforeAll(async () => {
  server = await startEventStoreServer();
  store = EventStore.connect(server.url);
  handler = new CommandHandler(accountDecider, store, accountSchemas) as unknown as typeof handler;
});

beforeEach(async () => {
  testDatabase = await createTestDatabase('kernel');
  database = await connect();
});

afterEach(async () => {
  for (const { loop, tail, session } of running.splice(0)) {
    await loop.stop();
    await session.close();
    await tail.close();
  }
  await database.destroy();
  await testDatabase.drop();
});

afterAll(async () => {
  await store.close();
  await server.stop();
});

async function connect(): Promise<DataSource> {
  return new DataSource({ type: 'postgres', url: testDatabase.url, entities: [AccountBalance] }).initialize();
}

async function run<Row extends object>(projected: Projection<Row>): Promise<ConsumerLoop> {
  const checkpoints = new Checkpoints(database);
  await checkpoints.createTables();
  const tail = new LogTail(store);
  const session = new ConsumerSession(database);
  const dependencies = { database, checkpoints, tail, schemas: accountSchemas, session };
  const loop = new ConsumerLoop(await projectionConsumer(projected, dependencies), new Logger('spec'));
  running.push({ loop, tail, session });
  return loop;
}

const balances = (): Promise<AccountBalance[]> =>
  database.getRepository(AccountBalance).find({ order: { accountId: 'ASC' } });

async function balanceOf(account: string): Promise<AccountBalance> {
  return database.getRepository(AccountBalance).findOneByOrFail({ accountId: account });
}

async function open(owner: string, ...amounts: number[]): Promise<string> {
  const account = freshId();
  await handler.execute(new OpenAccount(account, { owner }, testContext({ commandId: freshId() })));
  for (const amount of amounts) {
    await handler.execute(new PayIn(account, { amount }, testContext({ commandId: freshId() })));
  }
  return account;
}

describe('a projection', () => {
  it('makes rows from what stands in the log and from what comes', async () => {
    const before = await open('Sato', 5, 7);
    await run(accountBalance);
    const after = await open('Suzuki', 1);

    const expected = { accountId: before, owner: 'Sato', balance: '12', payments: [5, 7] };
    await eventually(async () => expect(await balanceOf(before)).toMatchObject(expected));
    await eventually(async () => expect(await balanceOf(after)).toMatchObject({ owner: 'Suzuki', balance: '1' }));
    expect((await balanceOf(before)).lastPaidInAt).toEqual(new Date('2026-01-05T09:00:00.000Z'));
  });

  it('removes rows', async () => {
    const account = await open('Tanaka', 5);
    await run(accountBalance);
    await eventually(() => balanceOf(account));
    await handler.execute(new CloseAccount(account, {}, testContext({ commandId: freshId() })));
    await eventually(async () => {
      expect(await database.getRepository(AccountBalance).findOneBy({ accountId: account })).toBeNull();
    });
  });

  it('counts each event once when two runners work on it and one of them starts again', async () => {
    await run(accountBalance);
    await run(accountBalance);
    const accounts = await Promise.all(Array.from({ length: 10 }, (_, n) => open(`Owner ${n}`, 1, 2, 3, 4)));
    await running[0]?.loop.stop();
    await run(accountBalance);
    const more = await open('Last', 10);

    await eventually(async () => expect(await balanceOf(more)).toMatchObject({ balance: '10' }));
    for (const account of accounts) expect(await balanceOf(account)).toMatchObject({ payments: [1, 2, 3, 4] });
  });

  it('leaves neither rows nor checkpoint behind when a batch fails, and stops with a clear message', async () => {
    const opened = accountBalance.steps.get('account.opened') as ProjectionStep<AccountBalance, DomainEvent>;
    const poisoned: Projection<AccountBalance> = {
      ...accountBalance,
      steps: new Map(accountBalance.steps).set('account.opened', {
        ...opened,
        evolve: (row, event, key) => {
          if ('owner' in event.data && event.data.owner === 'Poison')
            throw new Error('This owner breaks the projection.');
          return opened.evolve(row, event, key);
        },
      }),
    };
    const loop = await run(poisoned);
    const good = await open('Good');
    await eventually(() => balanceOf(good));
    await open('Poison');
    await eventually(() =>
      expect(loop.status).toMatchObject({ state: 'stopped', problem: 'This owner breaks the projection.' }),
    );
    const stood = await balances();

    await run(accountBalance);
    await eventually(async () => expect((await balances()).length).toBe(stood.length + 1));
  });

  it('goes on by itself after its database connections were cut', async () => {
    const loop = await run(accountBalance);
    const first = await open('First');
    await eventually(() => balanceOf(first));
    await database.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
    );
    const second = await open('Second');
    await eventually(() => balanceOf(second));
    await eventually(() => expect(loop.status.state).toBe('running'));
  });
});
