import { Client } from 'pg';

/** A subject whose key was destroyed, so that its data stays unreadable. */
export interface Tombstone {
  readonly subject: string;
  /** ISO instant. */
  readonly destroyedAt: string;
}

export interface ConsumerCheckpoint {
  readonly database: string;
  readonly consumer: string;
  readonly position: string;
  /** Id of the first event of the log that it belongs to. */
  readonly log: string | null;
}

const keysTable = 'subject_keys';

/** All databases of the server but its own, by name, with their URLs. */
export async function databases(server: string): Promise<{ name: string; url: string }[]> {
  const rows = await query<{ name: string }>(
    server,
    `select datname as name from pg_database where not datistemplate and datname <> 'postgres' order by datname`,
  );
  return rows.map(({ name }) => ({ name, url: databaseUrl(server, name) }));
}

export function databaseUrl(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}

/** @param server URL of a superuser */
export async function checkpointsOf(server: string): Promise<ConsumerCheckpoint[]> {
  const found: ConsumerCheckpoint[] = [];
  for (const { name, url } of await databases(server)) {
    if (!(await hasTable(url, 'consumer_checkpoints'))) continue;
    const rows = await query<Omit<ConsumerCheckpoint, 'database'>>(
      url,
      'select consumer, position::text, log::text from consumer_checkpoints order by consumer',
    );
    found.push(...rows.map((row) => ({ database: name, ...row })));
  }
  return found;
}

export async function tombstonesOf(server: string): Promise<Tombstone[]> {
  const found: Tombstone[] = [];
  for (const { url } of await databases(server)) {
    if (!(await hasTable(url, keysTable))) continue;
    const rows = await query<{ subject: string; at: Date }>(
      url,
      `select subject, destroyed_at as at from ${keysTable} where destroyed_at is not null`,
    );
    found.push(...rows.map(({ subject, at }) => ({ subject, destroyedAt: at.toISOString() })));
  }
  return found;
}

/** Destroys the keys of erased subjects wherever keys are kept, also of those that the backup does not know yet. */
export async function bury(server: string, tombstones: readonly Tombstone[]): Promise<void> {
  for (const { url } of await databases(server)) {
    if (!(await hasTable(url, keysTable))) continue;
    const buried = await query(
      url,
      `with erased as (
         select subject, min(destroyed_at) as destroyed_at
         from unnest($1::text[], $2::timestamptz[]) as each (subject, destroyed_at) group by subject
       )
       insert into ${keysTable} as kept (subject, sealed_key, created_at, destroyed_at)
       select subject, null, destroyed_at, destroyed_at from erased
       on conflict (subject) do update set sealed_key = null, destroyed_at = excluded.destroyed_at
       where kept.destroyed_at is null
       returning subject`,
      [tombstones.map(({ subject }) => subject), tombstones.map(({ destroyedAt }) => destroyedAt)],
    );
    // The old rows with their keys would lie in the file until somebody else needs the room.
    if (buried.length > 0) await query(url, `vacuum (full) ${keysTable}`);
  }
}

async function hasTable(url: string, table: string): Promise<boolean> {
  const [row] = await query<{ found: boolean }>(url, 'select to_regclass($1) is not null as found', [table]);
  return row?.found === true;
}

async function query<Row extends object>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}
