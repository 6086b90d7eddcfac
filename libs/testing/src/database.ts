import { randomUUID } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';
import { inject } from 'vitest';

export interface TestDatabase {
  /** Superuser on a database of its own. */
  readonly url: string;
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /**
   * Brings an empty database to the state that production has: the context's migrations. Runs once per test run and
   * context; every later database is a clone. It must close its connections before it resolves.
   */
  migrate?: (url: string) => Promise<void>;
}

/** A database for one spec file. `context` is the context's name, like `contract`. */
export async function createTestDatabase(context: string, options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const name = `${context}_test_${randomUUID().replaceAll('-', '')}`;
  const url = databaseUrl(name);
  await asSuperuser(async (client) => {
    const template = options.migrate ? await migratedTemplate(client, context, options.migrate) : 'template1';
    await client.query(`create database ${escapeIdentifier(name)} template ${escapeIdentifier(template)}`);
  });
  return { url, drop: () => dropDatabase(url) };
}

/** Takes a database away, as an outage does, or gives it back: connections end, and new ones are turned down. */
export async function setReachable(url: string, reachable: boolean): Promise<void> {
  const name = assertTestDatabase(url);
  await asSuperuser(async (client) => {
    await client.query(`alter database ${escapeIdentifier(name)} allow_connections ${reachable}`);
    if (!reachable) {
      await client.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1', [name]);
    }
  });
}

/** Throws unless the name of the database says that it is one for tests. */
export function assertTestDatabase(url: string): string {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  if (/(^|_)test(_|$)/.test(name)) return name;
  throw new Error(
    `Tests do not touch the database "${name}": its name lacks "test". Take one from createTestDatabase() instead.`,
  );
}

async function dropDatabase(url: string): Promise<void> {
  const name = assertTestDatabase(url);
  await asSuperuser(async (client) => {
    await client.query(`drop database if exists ${escapeIdentifier(name)} with (force)`);
    // Roles belong to the server: the apps make one for each database.
    await client.query(`drop role if exists ${escapeIdentifier(`${name}_analyst`)}`);
  });
}

/** Spec files run side by side: the first one migrates, the others wait for its lock and find the template. */
async function migratedTemplate(
  client: Client,
  context: string,
  migrate: (url: string) => Promise<void>,
): Promise<string> {
  const template = `template_${context}_test`;
  const unfinished = `unfinished_${context}_test`;
  await client.query('select pg_advisory_lock(hashtext($1))', [template]);
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [template]);
    if (rowCount === 0) {
      await client.query(`drop database if exists ${escapeIdentifier(unfinished)} with (force)`);
      await client.query(`create database ${escapeIdentifier(unfinished)}`);
      await migrate(databaseUrl(unfinished));
      await client.query(`alter database ${escapeIdentifier(unfinished)} rename to ${escapeIdentifier(template)}`);
    }
  } finally {
    await client.query('select pg_advisory_unlock(hashtext($1))', [template]);
  }
  return template;
}

async function asSuperuser<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(inject('postgresUrl'));
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(name: string): string {
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${encodeURIComponent(name)}`;
  return assertTestDatabase(url.href) && url.href;
}
