import { Client, escapeIdentifier } from 'pg';

/** `vacuum` alone leaves the bytes of old rows in the pages that it frees. */
const rewrite = 'vacuum (full, analyze)';
/** What `analyze` wrote down of old rows: most common values and histograms. */
const statistics = ['pg_statistic', 'pg_statistic_ext_data'];

/**
 * Writes every table of a database anew, with its indices and its statistics, so that its files hold what the tables
 * hold and nothing else. A table is locked while it is written. Answers how many were, and what Postgres complained of.
 */
export async function rewriteDatabase(url: string): Promise<{ tables: number; complaints: readonly string[] }> {
  return connected(url, async (client) => {
    const complaints: string[] = [];
    client.on('notice', ({ message = '' }) => complaints.push(message));
    const { rows } = await client.query<{ schema: string; name: string }>(
      `select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1, 2`,
    );
    for (const { schema, name } of rows) {
      await client.query(`${rewrite} ${escapeIdentifier(schema)}.${escapeIdentifier(name)}`);
    }
    for (const name of statistics) await client.query(`vacuum (full) pg_catalog.${name}`);
    return { tables: rows.length, complaints };
  });
}

/** What became of the write-ahead log; `kept`: a standby, a slot or an archive holds on to old files. */
export type WalOutcome = 'renewed' | 'kept' | 'not_allowed';

/**
 * Makes a server overwrite or delete every file of its write-ahead log that there is now. It takes some seconds and
 * writes up to `max_wal_size`. What was archived or streamed elsewhere is not reached.
 */
export async function renewWal(url: string): Promise<WalOutcome> {
  return connected(url, async (client) => {
    const { rows: roles } = await client.query<{ allowed: boolean }>(
      'select rolsuper as allowed from pg_roles where rolname = current_user',
    );
    if (!roles[0]?.allowed) return 'not_allowed';
    const old = new Set(await walFiles(client));
    // A file that is kept for later use keeps its bytes too.
    await client.query('alter system set wal_recycle = off');
    try {
      await client.query('select pg_reload_conf()');
      // Files that wait for their use are used one by one, and the last one must be left behind.
      for (let switches = 0; switches < old.size + 2; switches++) {
        // A switch fills the rest of the file with zeros; without a record before it there is none.
        await client.query(`select pg_logical_emit_message(false, 'keiyaku', 'vacuum')`);
        await client.query('select pg_switch_wal()');
        await client.query('checkpoint');
        if (!(await walFiles(client)).some((name) => old.has(name))) return 'renewed';
      }
      return 'kept';
    } finally {
      await client.query('alter system reset wal_recycle');
      await client.query('select pg_reload_conf()');
    }
  });
}

async function walFiles(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>('select name from pg_ls_waldir()');
  return rows.map(({ name }) => name);
}

async function connected<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
