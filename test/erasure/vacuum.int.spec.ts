import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { expect, inject, it, onTestFinished } from 'vitest';
import { compiled } from '#libs/local-stack/src/files.js';
import { createTestDatabase } from '#libs/testing/src/database.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { renewWal, rewriteDatabase } from '../../scripts/vacuum/rewrite.js';
import { searchFiles } from './search.js';

const secret = 'nagisa.vacuumed@erased-person.example';

async function query<Row extends object>(url: string, ...statements: readonly string[]): Promise<readonly Row[]> {
  const client = new Client(url);
  await client.connect();
  try {
    let rows: Row[] = [];
    for (const statement of statements) rows = (await client.query<Row>(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

async function database(): Promise<string> {
  const made = await createTestDatabase('vacuum');
  onTestFinished(() => made.drop());
  return made.url;
}

it('leaves nothing of old rows in the files of a database: not in tables, indices or statistics', async () => {
  const url = await database();
  await query(
    url,
    'create table people (mail text primary key)',
    `insert into people select number || '-${secret}' from generate_series(1, 200) number`,
    'analyze people',
    'update people set mail = md5(mail)',
    'checkpoint',
  );
  const [place] = await query<{ folder: string }>(
    url,
    `select current_setting('data_directory') || '/base/' || oid as folder from pg_database where datname = current_database()`,
  );
  expect(searchFiles(place!.folder, [secret])).not.toEqual([]);

  expect((await rewriteDatabase(url)).tables).toBe(1);
  await query(url, 'checkpoint');
  expect(searchFiles(place!.folder, [secret])).toEqual([]);
});

it('says what somebody without the rights of a superuser leaves', async () => {
  const url = new URL(await database());
  const role = `vacuum_test_${url.pathname.slice(-8)}`;
  await query(url.href, `create role ${role} login`, 'create table mine (id int)', `alter table mine owner to ${role}`);
  onTestFinished(async () => void (await query(inject('postgresUrl'), `drop role ${role}`)));
  onTestFinished(async () => void (await query(url.href, `drop owned by ${role}`)));
  const restricted = new URL(url);
  restricted.username = role;
  const { complaints } = await rewriteDatabase(restricted.href);
  expect(complaints.join('\n')).toContain('permission denied to vacuum "pg_statistic"');
  expect(await renewWal(restricted.href)).toBe('not_allowed');
});

async function command(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<string> {
  const options = { env: { PATH: process.env['PATH'], ...env } };
  const run = promisify(execFile)(process.execPath, [compiled('scripts/vacuum.js'), ...args], options);
  return run.then(
    ({ stdout }) => stdout,
    (error: { stdout: string; code: number }) => `${error.code}: ${error.stdout}`,
  );
}

it('the command says where it finds databases, and what is wrong', { timeout: 60_000 }, async () => {
  const nowhere = join(temporaryFolder(), 'missing');
  expect(await command({ KEIYAKU_DATA: nowhere })).toBe(
    `1: Nothing was ever started on ${nowhere}: run npm start first.\n`,
  );
  expect(await command({}, 'help')).toContain('KEIYAKU_DATA');
  expect(await command({}, 'now')).toMatch(/^2: npm run vacuum/);
  const away = await command({ CONTRACT_DATABASE_URL: 'postgres://postgres@127.0.0.1:1/contract' });
  expect(away).toContain('1: CONTRACT_DATABASE_URL: ');
  expect(away).toContain('ECONNREFUSED');
});
