import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { createDatabases, giveAnalystsPassword } from './databases.js';
import { startPostgres } from './postgres.js';
import type { PostgresOptions, RunningPostgres } from './postgres.js';

async function start(options: Partial<PostgresOptions> = {}): Promise<RunningPostgres> {
  const dataDir = options.dataDir ?? join(temporaryFolder(), 'postgres');
  const postgres = await startPostgres({ durable: false, ...options, dataDir });
  onTestFinished(() => postgres.stop());
  return postgres;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

it('starts in a folder that only its owner may enter', async () => {
  const dataDir = join(temporaryFolder(), 'postgres');
  expect(statSync(dirname(dataDir)).mode & 0o777).toBe(0o700);
  const { url } = await start({ dataDir });
  expect(await query(url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
});

it('keeps what was committed when it is killed, and holds much of it in memory', async () => {
  const dataDir = join(temporaryFolder(), 'postgres');
  const first = await start({ dataDir, durable: true });
  expect(await query(first.url, 'show shared_buffers')).toEqual([{ shared_buffers: '512MB' }]);
  await query(first.url, 'create table fact (id int)');
  first.kill('SIGKILL');
  expect(await first.exited).toBe('was ended by SIGKILL');

  const second = await start({ dataDir, durable: true, port: first.port });
  expect(second.port).toBe(first.port);
  expect(await query(second.url, 'select * from fact')).toEqual([]);
});

it('takes the folder over from a Postgres that was left running in it', async () => {
  const dataDir = join(temporaryFolder(), 'postgres');
  const left = await start({ dataDir });
  const { url } = await start({ dataDir });
  expect(await left.exited).toBe('ended with exit code 0');
  expect(await query(url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
});

it('lets in nobody without the password and does not write it down', async () => {
  const folder = temporaryFolder();
  const { url } = await start({ dataDir: join(folder, 'postgres'), password: 'a secret/that:needs@escaping' });
  expect(await query(url, 'select 1 as answer')).toEqual([{ answer: 1 }]);

  const wrong = new URL(url);
  wrong.password = 'guess';
  await expect(query(wrong.href, 'select 1')).rejects.toThrow('password authentication failed');
  expect(readFileSync(join(folder, 'postgres.log'), 'utf8')).not.toContain('a secret');
});

it('creates the databases that are missing and leaves the others', async () => {
  const { url } = await start();
  const { contract } = await createDatabases(url, ['contract']);
  await query(contract, 'create table kept ()');
  const both = await createDatabases(url, ['contract', 'identity']);
  expect(await query(both.contract, 'select * from kept')).toEqual([]);
  expect(await query(both.identity, 'select current_database()')).toEqual([{ current_database: 'identity' }]);
});

it('says why it does not start and where its log is', async () => {
  const folder = temporaryFolder();
  const first = await start({ dataDir: join(folder, 'first') });
  await expect(start({ dataDir: join(folder, 'second'), port: first.port })).rejects.toThrow(
    /^Postgres ended with exit code 1 before it was ready \(.*\)\. Its log: .*second\.log$/,
  );
});

it('says which folder it cannot make', async () => {
  const dataDir = join(temporaryFolder(), 'postgres');
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, 'somebody-elses-file'), '');
  await expect(start({ dataDir })).rejects.toThrow(`Postgres cannot make its data folder ${dataDir}`);
});

it("lets the analysts' roles in by the URLs of a file that only its owner can read", async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'analysts.json');
  const { url } = await start({ dataDir: join(folder, 'postgres'), password: 'of the superuser' });
  await createDatabases(url, ['contract']);
  for (const password of ["the first: it's", 'another one']) {
    await giveAnalystsPassword(url, ['contract'], { password, file });
    const urls = JSON.parse(readFileSync(file, 'utf8')) as { contract: string };
    expect(await query(urls.contract, 'select current_user::text as name, current_database()::text as place')).toEqual([
      { name: 'contract_analyst', place: 'contract' },
    ]);
  }
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(folder, 'postgres.log'), 'utf8')).not.toContain('the first');
});
