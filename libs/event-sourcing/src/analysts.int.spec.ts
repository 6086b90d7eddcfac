import { Logger } from '@nestjs/common';
import { Client, type QueryResult } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type TestDatabase, createTestDatabase } from '#libs/testing/src/database.js';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { admitAnalysts, analystRole } from './analysts.js';
import { rebuild } from './rebuild.js';
import { AccountBalance, accountBalance, accountSchemas } from './spec-account.js';
import { type SpecRunner, openAccount, startRunner } from './spec-runner.js';

let server: EventStoreServer;
let testDatabase: TestDatabase;
let runner: SpecRunner;
let role: string;
const clients: Client[] = [];
const warnings: string[] = [];
const logger = { warn: (text: string) => void warnings.push(text) };

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startEventStoreServer();
});

beforeEach(async () => {
  warnings.length = 0;
  testDatabase = await createTestDatabase('kernel');
  role = analystRole(new URL(testDatabase.url).pathname.slice(1));
  runner = await startRunner({ database: testDatabase.url, eventStore: server.url, projected: accountBalance });
  const account = await openAccount(runner.store, 'Sato');
  await eventually(() => runner.balanceOf(account));
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.end();
  await runner.close();
  await testDatabase.drop();
});

afterAll(async () => {
  await server.stop();
  Logger.overrideLogger(new Logger());
});

/** A connection of somebody else than the superuser. */
async function connectAs(user: string): Promise<Client> {
  const url = new URL(testDatabase.url);
  url.username = user;
  const client = new Client(url.href);
  await client.connect();
  clients.push(client);
  return client;
}

const count = async (client: Client): Promise<QueryResult> =>
  client.query('select owner, balance from account_balance');

it('lets the role read the views of the read models and do nothing else', async () => {
  await runner.database.query('create table sign_in_secrets (secret text)');
  await admitAnalysts(runner.database, [accountBalance], logger);
  const analyst = await connectAs(role);

  expect((await count(analyst)).rows).toContainEqual({ owner: 'Sato', balance: '0' });
  const readable = await analyst.query<{ relname: string }>(
    `select relname from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where nspname !~ '^(pg_|information_schema)' and relkind in ('r', 'v', 'm', 'f', 'p')
       and has_table_privilege(pg_class.oid, 'select, insert, update, delete, truncate, references, trigger')`,
  );
  expect(readable.rows).toEqual([{ relname: 'account_balance' }]);
  // What protects is what the role may do, not the mode in which its sessions begin.
  await analyst.query('set default_transaction_read_only = off');
  for (const forbidden of [
    'select from account_balance_v1_g1',
    'select from consumer_checkpoints',
    'select from policy_parked_events',
    'select from sign_in_secrets',
    `insert into account_balance ("accountId", owner, balance, payments) values ('x', 'x', 0, '[]')`,
    'update account_balance set balance = 1',
    'delete from account_balance',
    'create table notes (text text)',
    'create role friend',
    'drop view account_balance',
  ]) {
    await expect(analyst.query(forbidden), forbidden).rejects.toMatchObject({ code: '42501' });
  }
  expect(warnings).toEqual([]);
});

it('begins its sessions read-only and ends long queries', async () => {
  await admitAnalysts(runner.database, [accountBalance], logger);
  const analyst = await connectAs(role);
  const settings = await analyst.query(
    `select current_setting('statement_timeout') as statement, current_setting('default_transaction_read_only') as mode,
            current_setting('idle_in_transaction_session_timeout') as idle`,
  );
  expect(settings.rows).toEqual([{ statement: '30s', mode: 'on', idle: '30s' }]);
});

it('keeps what an administrator has set otherwise', async () => {
  await admitAnalysts(runner.database, [accountBalance], logger);
  const name = new URL(testDatabase.url).pathname.slice(1);
  await runner.database.query(`alter role ${role} in database ${name} set statement_timeout = '5min'`);
  await admitAnalysts(runner.database, [accountBalance], logger);
  const { rows } = await (await connectAs(role)).query('show statement_timeout');
  expect(rows).toEqual([{ statement_timeout: '5min' }]);
});

it('goes on after a rebuild, and so does what others were granted', async () => {
  await admitAnalysts(runner.database, [accountBalance], logger);
  await runner.database.query(`create role "${role} tool" login in role pg_monitor`);
  await runner.database.query(`grant select on account_balance to "${role} tool"`);
  await rebuild(accountBalance, { database: runner.database, store: runner.store, schemas: accountSchemas });

  for (const user of [role, `${role} tool`]) {
    expect((await count(await connectAs(user))).rows).toContainEqual({ owner: 'Sato', balance: '0' });
  }
});

it('shows database tools what the columns mean, before and after a rebuild', async () => {
  const comments = async (): Promise<unknown> => {
    const [row] = await runner.database.query<unknown[]>(
      `select obj_description('account_balance'::regclass) as view, col_description('account_balance'::regclass, 3) as balance`,
    );
    return row;
  };
  const expected = {
    view: "Every open account and what it holds: the bank's own list.",
    balance: 'What it holds, in yen.',
  };
  expect(await comments()).toEqual(expected);
  await admitAnalysts(runner.database, [accountBalance], logger);
  expect(await comments()).toEqual(expected);
  await rebuild(accountBalance, { database: runner.database, store: runner.store, schemas: accountSchemas });
  expect(await comments()).toEqual(expected);
});

it('describes what an older version shows that serves until the new one is filled', async () => {
  await runner.database.query('alter view account_balance rename balance to balance_before');
  await runner.database.query('comment on view account_balance is null');
  await admitAnalysts(runner.database, [accountBalance], logger);
  const [row] = await runner.database.query<unknown[]>(`select obj_description('account_balance'::regclass) as view`);
  expect(row).toEqual({ view: expect.stringContaining('Every open account') });
});

it('says what an administrator has to do where this program may not make the role', async () => {
  const owner = `${role}_owner`;
  const name = new URL(testDatabase.url).pathname.slice(1);
  await runner.close();
  const admin = await connectAs('postgres');
  await admin.query(`create role ${owner} login`);
  await admin.query(`alter database ${name} owner to ${owner}`);
  await admin.query(
    `alter view account_balance owner to ${owner}; alter table account_balance_v1_g1 owner to ${owner}`,
  );
  const url = new URL(testDatabase.url);
  url.username = owner;
  const database = await new DataSource({ type: 'postgres', url: url.href, entities: [AccountBalance] }).initialize();
  try {
    await admitAnalysts(database, [accountBalance], logger);
    const create = `create role "${role}" login connection limit 10`;
    expect(warnings).toEqual([expect.stringContaining(`Let an administrator run "${create}", then start again.`)]);

    warnings.length = 0;
    await admin.query(create);
    await admitAnalysts(database, [accountBalance], logger);
    expect(warnings).toHaveLength(3);
    expect(warnings[1]).toContain(`alter role "${role}" in database "${name}" set statement_timeout = '30s'`);
    expect((await count(await connectAs(role))).rows).toContainEqual({ owner: 'Sato', balance: '0' });
  } finally {
    await database.destroy();
  }
});
