import { Client } from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { assertTestDatabase, createTestDatabase } from './database.js';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

it('gives every caller a migrated database of its own and migrates once', async () => {
  let migrations = 0;
  const migrate = async (url: string): Promise<void> => {
    migrations += 1;
    await query(url, 'create table note (text text)');
  };
  const [first, second] = await Promise.all([
    createTestDatabase('kernel', { migrate }),
    createTestDatabase('kernel', { migrate }),
  ]);
  onTestFinished(async () => {
    await Promise.all([first.drop(), second.drop()]);
  });
  await query(first.url, `insert into note values ('only here')`);

  expect(migrations).toBe(1);
  expect(await query(first.url, 'select * from note')).toEqual([{ text: 'only here' }]);
  expect(await query(second.url, 'select * from note')).toEqual([]);
});

it('keeps no template when the migrations fail', async () => {
  const broken = (): Promise<void> => Promise.reject(new Error('the migration is wrong'));
  await expect(createTestDatabase('broken', { migrate: broken })).rejects.toThrow('the migration is wrong');

  const repaired = await createTestDatabase('broken', {
    migrate: (url) => query(url, 'create table repaired ()').then(),
  });
  onTestFinished(() => repaired.drop());
  expect(await query(repaired.url, 'select * from repaired')).toEqual([]);
});

it('drops a database that is still connected to', async () => {
  const database = await createTestDatabase('kernel');
  const client = new Client(database.url);
  client.on('error', () => undefined);
  await client.connect();
  await database.drop();
  await expect(query(database.url, 'select 1')).rejects.toThrow('does not exist');
});

it.each(['contract', 'postgres', 'latest', 'contest_results'])('refuses the database %s', (name) => {
  expect(() => assertTestDatabase(`postgresql://postgres@127.0.0.1:5432/${name}`)).toThrow(
    `Tests do not touch the database "${name}"`,
  );
});
