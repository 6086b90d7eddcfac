import { Client, escapeIdentifier } from 'pg';

/** Creates the databases that do not exist yet; returns their URLs by name. */
export async function createDatabases<Name extends string>(
  url: string,
  names: readonly Name[],
): Promise<Record<Name, string>> {
  const client = new Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ datname: string }>('select datname from pg_database');
    const existing = new Set(rows.map(({ datname }) => datname));
    for (const name of names.filter((candidate) => !existing.has(candidate))) {
      await client.query(`create database ${escapeIdentifier(name)}`);
    }
  } finally {
    await client.end();
  }
  return Object.fromEntries(names.map((name) => [name, withDatabase(url, name)])) as Record<Name, string>;
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
