import { Logger } from '@nestjs/common';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, createTestDatabase } from '#libs/testing/src/database.js';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { CommandHandler } from './command-handler.js';
import { LogReplaced } from './errors.js';
import { EventStore } from './event-store.js';
import { freshId } from './ids.js';
import { LogTail } from './log-tail.js';
import { OpenAccount, PayIn, accountBalance, accountDecider, accountSchemas } from './spec-account.js';
import { type SpecRunner, openAccount, startRunner } from './spec-runner.js';

/** The log of these specs: it can be set back to an older state, as a restored backup does it. */
let server: EventStoreServer;
let folder: string;
let testDatabase: TestDatabase;
const runners: SpecRunner[] = [];

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(new Logger()));

beforeEach(async () => {
  folder = temporaryFolder();
  server = await startEventStoreServer({ data: join(folder, 'log') });
  testDatabase = await createTestDatabase('kernel');
});

afterEach(async () => {
  for (const runner of runners.splice(0)) await runner.close();
  await server.stop();
  await testDatabase.drop();
});

async function start(): Promise<SpecRunner> {
  const runner = await startRunner({ database: testDatabase.url, eventStore: server.url, projected: accountBalance });
  runners.push(runner);
  return runner;
}

async function keepCopy(): Promise<void> {
  await server.stop();
  cpSync(join(folder, 'log'), join(folder, 'copy'), { recursive: true });
  server = await startEventStoreServer({ data: join(folder, 'log'), port: server.port });
}

/** The port stays: processes that run find the older log under the same address. */
async function restoreCopy(): Promise<void> {
  await server.stop();
  rmSync(join(folder, 'log'), { recursive: true });
  cpSync(join(folder, 'copy'), join(folder, 'log'), { recursive: true });
  server = await startEventStoreServer({ data: join(folder, 'log'), port: server.port });
}

/** Another connection, so that nobody who is under test learns from it. */
async function grow(...owners: string[]): Promise<void> {
  const store = EventStore.connect(server.url);
  for (const owner of owners) await openAccount(store, owner);
  await store.close();
}

/** Stands where the checkpoint's event stood in the log that is lost; or the checkpoint lies within an event. */
const grownOver = [
  ['another event of the same size stands', ['Mori', 'Abe', 'Ono']],
  ['no event begins', ['A much longer name', 'Abe', 'Ono']],
] as const;

describe('an older log that has grown past the checkpoint', () => {
  it.each(grownOver)('stops a read model at its start where %s', async (_where, owners) => {
    const before = await start();
    await openAccount(before.store, 'Sato');
    await keepCopy();
    const lost = await openAccount(before.store, 'Ueda');
    await eventually(() => before.balanceOf(lost));
    await before.close();
    await restoreCopy();
    await grow(...owners);

    const after = await start();
    await eventually(() => expect(after.loop.status).toMatchObject({ state: 'stopped' }));
    expect(after.loop.status.problem).toMatch(
      /The log holds something else at position \d+ than the event .* account_balance_v1_g1 .* restore or rebuild/,
    );
    expect((await after.balances()).map(({ owner }) => owner).toSorted()).toEqual(['Sato', 'Ueda']);
  });

  it('stops a read model that was saved without a mark by an older program as soon as it has one', async () => {
    const before = await start();
    await openAccount(before.store, 'Sato');
    await keepCopy();
    const lost = await openAccount(before.store, 'Ueda');
    await eventually(() => before.balanceOf(lost));
    await before.loop.stop();
    await before.database.query('update consumer_checkpoints set event_position = null, event_id = null');
    await before.close();
    const adopting = await start();
    await eventually(() => expect(adopting.loop.status).toMatchObject({ state: 'running' }));
    await adopting.close();
    await restoreCopy();
    await grow('Mori', 'Abe');

    const after = await start();
    await eventually(() => expect(after.loop.status).toMatchObject({ state: 'stopped' }));
  });

  it('is noticed by a process that runs', async () => {
    const runner = await start();
    await openAccount(runner.store, 'Sato');
    await keepCopy();
    const lost = await openAccount(runner.store, 'Ueda');
    await eventually(() => runner.balanceOf(lost));
    const port = server.port;
    await server.stop();
    // It grows at another address, so that the process sees it only when it is long enough.
    rmSync(join(folder, 'log'), { recursive: true });
    cpSync(join(folder, 'copy'), join(folder, 'log'), { recursive: true });
    server = await startEventStoreServer({ data: join(folder, 'log') });
    await grow('Mori', 'Abe');
    await server.stop();
    server = await startEventStoreServer({ data: join(folder, 'log'), port });

    await eventually(() => expect(runner.loop.status).toMatchObject({ state: 'stopped' }));
    expect(runner.loop.status.problem).toMatch(/which this process has seen there.* restore or rebuild/);
    expect((await runner.balances()).map(({ owner }) => owner).toSorted()).toEqual(['Sato', 'Ueda']);
  });
});

describe('a log that is the same after an outage', () => {
  it('stops nobody', async () => {
    const runner = await start();
    const earlier = await openAccount(runner.store, 'Sato');
    await eventually(() => runner.balanceOf(earlier));
    await server.kill('SIGKILL');
    server = await startEventStoreServer({ data: join(folder, 'log'), port: server.port });
    const later = await openAccount(runner.store, 'Ueda');
    await eventually(() => runner.balanceOf(later));
    expect(runner.loop.status).toMatchObject({ state: 'running' });
  });
});

describe('commands of a process whose log is replaced under it', () => {
  it('are refused before anything is decided on what it knew of the other one', async () => {
    const store = EventStore.connect(server.url);
    const tail = new LogTail(store);
    store.guardWith(tail.log);
    const handler = new CommandHandler(accountDecider, store, accountSchemas);
    const account = freshId();
    const payIn = (amount: number) => new PayIn(account, { amount }, testContext({ commandId: freshId() }));
    await handler.execute(new OpenAccount(account, { owner: 'Sato' }, testContext({ commandId: freshId() })));
    await keepCopy();
    tail.watch();
    const known = payIn(5);
    await eventually(() => handler.execute(known));
    await eventually(() => expect(tail.trouble).toBeUndefined());
    await eventually(async () => expect(tail.position).toBe(await store.head()));
    await restoreCopy();

    // The stream is as long in memory as a stranger has made it: the expected revision alone would fit.
    const stranger = EventStore.connect(server.url);
    await new CommandHandler(accountDecider, stranger, accountSchemas).execute(payIn(700));
    await stranger.close();
    await expect(handler.execute(payIn(6))).rejects.toBeInstanceOf(LogReplaced);
    // Not even what it remembers to have answered.
    await expect(handler.execute(known)).rejects.toBeInstanceOf(LogReplaced);
    const amounts = [];
    for await (const { data } of store.readStream(`account-${account}`, 1)) amounts.push(data);
    expect(amounts).toMatchObject([{ amount: 700 }]);
    await tail.close();
    await store.close();
  });
});
