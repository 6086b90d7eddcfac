import { EventStoreDBClient, START, jsonEvent } from '@eventstore/db-client';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import type { Manifest } from './manifest.js';
import { restoreBackup } from './restore-backup.js';
import { takeBackup } from './take-backup.js';

const timeout = 120_000;

/** What follows the log, and beside it one table with every kind of column that is hard to copy. */
const contractTables = `
  create table consumer_checkpoints (consumer text primary key, position bigint not null, log uuid);
  create table spec_v1_g1 (id text primary key);
  create table taken (id text primary key);
  comment on table taken is 'follows the log: what was taken from elsewhere';
  create table secrets (
    id bigint generated always as identity primary key,
    name text not null unique,
    raw bytea,
    document jsonb,
    made_at timestamptz not null default now(),
    length integer generated always as (length(name)) stored
  );
  create table links (id uuid primary key default gen_random_uuid(), secret bigint not null references secrets);
  insert into secrets (name) values ('goes'), ('stays')`;

const keyTable = `
  create table subject_keys (
    subject text primary key, sealed_key text, created_at timestamptz not null default now(), destroyed_at timestamptz
  );
  insert into subject_keys (subject, sealed_key) values ('contract:before', 'k1'), ('contract:erased', 'k2')`;

async function start(dataDir: string): Promise<Stack> {
  const stack = await startStack({ dataDir, suite: false, environment: {}, ports: { suite: 1 } });
  onTestFinished(() => stack.stop());
  return stack;
}

async function connect(stack: Stack, database: string): Promise<Client> {
  const url = new URL(stack.env['CONTRACT_DATABASE_URL']!);
  url.pathname = `/${database}`;
  const client = new Client(url.href);
  await client.connect();
  return client;
}

async function sql<Row extends object>(stack: Stack, database: string, text: string): Promise<Row[]> {
  const client = await connect(stack, database);
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

async function startWithTables(): Promise<Stack> {
  const stack = await start(join(temporaryFolder(), 'source'));
  await sql(stack, 'contract', contractTables);
  await sql(stack, 'postgres', 'create database keys_of_persons');
  await sql(stack, 'keys_of_persons', keyTable);
  return stack;
}

/**
 * Takes a backup and does something when the databases have been copied and the log has not: the backup reads the
 * checkpoints then, and waits for a lock on them.
 */
async function backupWith(stack: Stack, meanwhile: () => Promise<void>): Promise<{ to: string; manifest: Manifest }> {
  const to = join(temporaryFolder(), 'backup');
  const gate = await connect(stack, 'contract');
  await gate.query('begin; lock table consumer_checkpoints in access exclusive mode');
  const taking = takeBackup({ dataDir: stack.dataDir, to });
  try {
    await eventually(async () => {
      const { rows } = await gate.query(`select from pg_locks where not granted`);
      expect(rows).toHaveLength(1);
    });
    expect(existsSync(join(to, 'databases.tar'))).toBe(true);
    expect(existsSync(join(to, 'log'))).toBe(false);
    await meanwhile();
  } finally {
    await gate.end();
  }
  return { to, manifest: await taking };
}

async function restored(source: Stack, from: string) {
  const to = join(temporaryFolder(), 'data');
  mkdirSync(to, { mode: 0o700 });
  cpSync(join(source.dataDir, 'secrets.json'), join(to, 'secrets.json'));
  const { eraseAgain } = await restoreBackup({ from, to });
  return { eraseAgain, stack: await start(to) };
}

async function appendNaming(stack: Stack, subject: string): Promise<void> {
  const client = EventStoreDBClient.connectionString(stack.env['EVENTSTORE_URL']!);
  await client.appendToStream('spec-1', [jsonEvent({ type: 'spec.happened', data: { subject } })]);
  await client.dispose();
}

async function subjectsInLog(stack: Stack): Promise<string[]> {
  const client = EventStoreDBClient.connectionString(stack.env['EVENTSTORE_URL']!);
  const subjects = [];
  for await (const { event } of client.readAll({ fromPosition: START })) {
    if (event?.type === 'spec.happened') subjects.push((event.data as { subject: string }).subject);
  }
  await client.dispose();
  return subjects;
}

it('a backup has the key of its last event, and no read model ahead of it', { timeout }, async () => {
  const source = await startWithTables();
  const { to, manifest } = await backupWith(source, async () => {
    await sql(
      source,
      'keys_of_persons',
      `insert into subject_keys (subject, sealed_key) values ('contract:meanwhile', 'k3');
       update subject_keys set sealed_key = null, destroyed_at = now() where subject = 'contract:erased'`,
    );
    await appendNaming(source, 'contract:meanwhile');
    await sql(source, 'contract', `insert into spec_v1_g1 values ('read model')`);
  });
  expect(manifest.rows.flatMap(({ database, tables }) => tables.map(({ name }) => `${database} ${name}`))).toEqual([
    'contract public.links',
    'contract public.secrets',
    'keys_of_persons public.subject_keys',
  ]);

  const { stack, eraseAgain } = await restored(source, to);
  expect(await subjectsInLog(stack)).toEqual(['contract:meanwhile']);
  const keys = await sql(stack, 'keys_of_persons', 'select subject, sealed_key as key from subject_keys order by 1');
  expect(keys).toEqual([
    { subject: 'contract:before', key: 'k1' },
    { subject: 'contract:erased', key: null },
    { subject: 'contract:meanwhile', key: 'k3' },
  ]);
  expect(await sql(stack, 'contract', 'select * from spec_v1_g1')).toEqual([]);
  // Destroyed when the databases had been copied: nobody can tell whether the copied log knows.
  expect(eraseAgain).toEqual(['contract:erased']);
});

it('rows come back as they were, with what refers to them and what counts them', { timeout }, async () => {
  const source = await startWithTables();
  const { to } = await backupWith(source, async () => {
    await sql(
      source,
      'contract',
      `delete from secrets where name = 'goes';
       insert into secrets (name, raw, document, made_at) values
         (E'tab\\t, line\\n and \\\\.', '\\x00ff0a', '{"a": [1, null, "\\\\n"]}', '2026-11-22 03:04:05.678901+09'),
         ('null as a value', null, 'null', 'infinity');
       insert into links (secret) select id from secrets;`,
    );
  });
  const all = 'select to_jsonb(secrets) as row, document is null as none from secrets order by id';
  const expected = await sql(source, 'contract', all);
  expect(expected).toHaveLength(3);
  const { stack } = await restored(source, to);
  expect(await sql(stack, 'contract', all)).toEqual(expected);
  expect(await sql(stack, 'contract', 'select from links join secrets on secret = secrets.id')).toHaveLength(3);
  const made = await sql(stack, 'contract', `insert into secrets (name) values ('new') returning id, length`);
  expect(made).toEqual([{ id: '5', length: 3 }]);
  await expect(sql(stack, 'contract', 'insert into links (secret) values (99)')).rejects.toThrow(/foreign key/);
});

it('tables that are made while the backup is taken are complained of', { timeout }, async () => {
  const source = await startWithTables();
  const taking = backupWith(source, async () => {
    await sql(source, 'contract', 'alter table secrets add column more text');
  });
  await expect(taking).rejects.toThrow(/Tables were made or changed while the backup was taken.* take it again/);
});
