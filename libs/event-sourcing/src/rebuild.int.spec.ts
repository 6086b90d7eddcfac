import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, createTestDatabase } from '#libs/testing/src/database.js';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import type { DomainEvent } from './event.js';
import type { Projection, ProjectionStep } from './projection.js';
import { filling, rebuild } from './rebuild.js';
import { AccountBalance, accountBalance, accountSchemas } from './spec-account.js';
import { type SpecRunner, openAccount, startRunner } from './spec-runner.js';
import { verify } from './verify.js';

let server: EventStoreServer;
let testDatabase: TestDatabase;
let runner: SpecRunner;
const others: SpecRunner[] = [];

beforeAll(() => Logger.overrideLogger(false));

beforeEach(async () => {
  server = await startEventStoreServer();
  testDatabase = await createTestDatabase('kernel');
  runner = await start(accountBalance);
});

afterEach(async () => {
  for (const each of others.splice(0)) await each.close();
  await server.stop();
  await testDatabase.drop();
});

afterAll(() => Logger.overrideLogger(new Logger()));

async function start(projected: Projection<AccountBalance>): Promise<SpecRunner> {
  const started = await startRunner({ database: testDatabase.url, eventStore: server.url, projected });
  others.push(started);
  return started;
}

const dependencies = (signal?: AbortSignal) => ({
  database: runner.database,
  store: runner.store,
  schemas: accountSchemas,
  ...(signal && { signal }),
});

async function tables(): Promise<string[]> {
  const rows = await runner.database.query<{ relname: string }[]>(
    `select relname from pg_class where relkind = 'r' and relname like 'account_balance_%' order by 1`,
  );
  return rows.map(({ relname }) => relname);
}

const opened = accountBalance.steps.get('account.opened') as ProjectionStep<AccountBalance, DomainEvent>;

/** The same read model with every owner in capitals. */
function capitals(version: number): Projection<AccountBalance> {
  return {
    ...accountBalance,
    version,
    steps: new Map(accountBalance.steps).set('account.opened', {
      ...opened,
      evolve: (row, event, key) => {
        const made = opened.evolve(row, event, key);
        return made && { ...made, owner: made.owner.toUpperCase() };
      },
    }),
  };
}

describe('a rebuild', () => {
  it('makes the same rows while events come in and readers read', async () => {
    const accounts: string[] = [];
    for (let count = 0; count < 20; count++) accounts.push(await openAccount(runner.store, `Owner ${count}`));
    await eventually(async () => expect(await runner.balances()).toHaveLength(20));
    const over = new AbortController();
    const writing = (async () => {
      while (!over.signal.aborted) accounts.push(await openAccount(runner.store, `Owner ${accounts.length}`));
    })();
    const reading = (async () => {
      let least = 20;
      while (!over.signal.aborted) {
        const count = await runner.database.getRepository(AccountBalance).count();
        expect(count).toBeGreaterThanOrEqual(least);
        least = count;
      }
    })();
    for (let times = 0; times < 3; times++) await rebuild(accountBalance, dependencies());
    over.abort();
    await Promise.all([writing, reading]);

    await eventually(async () => expect(await runner.balances()).toHaveLength(accounts.length));
    expect(runner.loop.status.state).toBe('running');
    expect(await tables()).toEqual(['account_balance_v1_g4']);
    expect(await verify(accountBalance, dependencies())).toMatchObject({ rows: accounts.length, differing: 0 });
    expect(await tables()).toEqual(['account_balance_v1_g4']);
  });

  it('mends rows that are wrong, which a verification has found', async () => {
    const account = await openAccount(runner.store, 'Sato');
    const gone = await openAccount(runner.store, 'Suzuki');
    await eventually(async () => expect(await runner.balances()).toHaveLength(2));
    await runner.database.query(`update account_balance_v1_g1 set owner = 'Nobody' where "accountId" = $1`, [account]);
    await runner.database.query(`delete from account_balance_v1_g1 where "accountId" = $1`, [gone]);

    const found = await verify(accountBalance, dependencies());
    expect(found).toMatchObject({ rows: 1, differing: 2 });
    expect(new Map(found.differences.map((row) => [row.key, row]))).toEqual(
      new Map([
        [account, { key: account, live: row('Nobody'), fresh: row('Sato') }],
        [gone, { key: gone, live: null, fresh: row('Suzuki') }],
      ]),
    );
    await rebuild(accountBalance, dependencies());
    expect(await verify(accountBalance, dependencies())).toMatchObject({ rows: 2, differing: 0, differences: [] });
    expect(await runner.balanceOf(account)).toMatchObject({ owner: 'Sato' });

    function row(owner: string): unknown {
      return expect.objectContaining({ owner, balance: 0, payments: [], lastPaidInAt: null });
    }
  });

  it('starts cleanly after one that was cut off, and never runs twice at once', async () => {
    await openAccount(runner.store, 'Sato');
    await eventually(async () => expect(await runner.balances()).toHaveLength(1));
    await expect(
      filling(accountBalance, dependencies(), async ({ fillTo }) => {
        await fillTo(await runner.store.head());
        expect(await tables()).toEqual(['account_balance_v1_g1', 'account_balance_v1_g2']);
        await expect(rebuild(accountBalance, dependencies())).rejects.toThrow(
          'account_balance is being rebuilt or verified by another process. Wait until it is done.',
        );
        throw new Error('Killed here.');
      }),
    ).rejects.toThrow('Killed here.');

    await rebuild(accountBalance, dependencies());
    expect(await tables()).toEqual(['account_balance_v1_g3']);
    expect(await runner.balances()).toMatchObject([{ owner: 'Sato' }]);
  });

  it('belongs to the log that is there, after another one was restored', async () => {
    await openAccount(runner.store, 'Sato');
    await eventually(async () => expect(await runner.balances()).toHaveLength(1));
    await runner.loop.stop();
    await runner.database.query('update consumer_checkpoints set position = position + 1000000');
    const other = await start(accountBalance);
    await eventually(() => expect(other.loop.status.state).toBe('stopped'));
    await rebuild(accountBalance, dependencies());

    const again = await start(accountBalance);
    const after = await openAccount(runner.store, 'After');
    await eventually(() => again.balanceOf(after));
    expect(await again.balances()).toHaveLength(2);
  });
});

describe('a new version', () => {
  it('takes the place of the old one once it has caught up, and the old program pauses', async () => {
    const account = await openAccount(runner.store, 'Sato');
    await eventually(() => runner.balanceOf(account));
    const deployed = await start(capitals(2));

    await eventually(async () => expect(await runner.balanceOf(account)).toMatchObject({ owner: 'SATO' }));
    const after = await openAccount(runner.store, 'Suzuki');
    await eventually(async () => expect(await deployed.balanceOf(after)).toMatchObject({ owner: 'SUZUKI' }));
    await eventually(() =>
      expect(runner.loop.status).toMatchObject({
        state: 'paused',
        problem: 'Version 2 of account_balance is served and this program has version 1. Deploy the newer program.',
      }),
    );
    expect(await tables()).toEqual(['account_balance_v2_g2']);
  });

  it('that fails leaves the old one in place', async () => {
    const account = await openAccount(runner.store, 'Sato');
    await eventually(() => runner.balanceOf(account));
    const broken = new Map(capitals(2).steps).set('account.opened', {
      ...opened,
      evolve: () => {
        throw new Error('This version is broken.');
      },
    });
    const deployed = await start({ ...capitals(2), steps: broken });

    await eventually(() =>
      expect(deployed.loop.status).toMatchObject({ state: 'stopped', problem: 'This version is broken.' }),
    );
    const after = await openAccount(runner.store, 'Suzuki');
    await eventually(async () => expect(await runner.balanceOf(after)).toMatchObject({ owner: 'Suzuki' }));
  });
});
