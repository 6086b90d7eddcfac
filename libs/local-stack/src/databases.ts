import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { writeJson } from './files.js';

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

/** Drops a database, if there is one, also while somebody is connected to it. */
export async function dropDatabase(url: string, name: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(`drop database if exists ${escapeIdentifier(name)} with (force)`);
  } finally {
    await client.end();
  }
}

/**
 * Lets the analysts' role of each database log in, and writes the URLs to a file that only its owner can read (mode
 * 600). What the role may read is granted by the app.
 */
export async function giveAnalystsPassword(
  url: string,
  names: readonly string[],
  { password, file }: { readonly password: string; readonly file: string },
): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ rolname: string }>('select rolname from pg_roles');
    const existing = new Set(rows.map(({ rolname }) => rolname));
    for (const role of names.map(analystOf)) {
      const verb = existing.has(role) ? 'alter' : 'create';
      await client.query(
        `${verb} role ${escapeIdentifier(role)} login connection limit 10 password ${escapeLiteral(password)}`,
      );
    }
  } finally {
    await client.end();
  }
  const urls = names.map((name) => {
    const own = new URL(withDatabase(url, name));
    own.username = analystOf(name);
    own.password = password;
    return [name, own.href] as const;
  });
  writeJson(file, Object.fromEntries(urls));
}

function analystOf(database: string): string {
  return `${database}_analyst`;
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
