import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { followsTheLog } from '#libs/event-sourcing/src/consumer-tables.js';
import { CheckedFile, type FileEntry } from '#libs/eventstore-server/src/checked-file.js';
import { StackError } from '#libs/local-stack/src/stack-error.js';
import { CopyIn, CopyOut } from './copy-protocol.js';
import { databaseUrl, databases } from './databases.js';

/**
 * What a database holds that is not made from the log: credentials, keys. Events name these rows, so they have to be
 * copied when the log has been copied; all else has to be copied before.
 */
export interface OwnRows {
  readonly database: string;
  readonly tables: readonly { readonly name: string; readonly file: string }[];
  /** Where each sequence stands, by name. */
  readonly sequences: Readonly<Record<string, string>>;
}

interface Layout {
  readonly database: string;
  readonly tables: readonly Table[];
}

interface Table {
  /** Quoted, with its schema. */
  readonly name: string;
  readonly columns: readonly string[];
}

/** TypeORM's, which belongs to the tables themselves. */
const migrationsTable = 'migrations';

/** @param server URL of a superuser */
export async function layoutOf(server: string): Promise<readonly Layout[]> {
  const found: Layout[] = [];
  for (const { name, url } of await databases(server)) {
    const tables = await ownTables(url);
    if (tables.length > 0) found.push({ database: name, tables });
  }
  return found;
}

/**
 * Copies these rows, those of one database as of one moment.
 * @param before the layout when the databases were copied
 * @throws StackError when it is another one now
 */
export async function copyOwnRows(
  server: string,
  folder: string,
  before: readonly Layout[],
): Promise<{ readonly files: FileEntry[]; readonly rows: OwnRows[] }> {
  if (JSON.stringify(await layoutOf(server)) !== JSON.stringify(before)) {
    throw new StackError(
      'Tables were made or changed while the backup was taken, as the first start of a new version does: take it again.',
    );
  }
  const files: FileEntry[] = [];
  const rows: OwnRows[] = [];
  for (const { database, tables } of before) {
    const copied = await inTransaction(
      databaseUrl(server, database),
      'isolation level repeatable read read only',
      async (client) => {
        const named = tables.map(({ name }) => ({ name, file: `${encodeURIComponent(`${database}.${name}`)}.rows` }));
        for (const { name, file } of named) {
          using content = new CheckedFile(join(folder, file));
          const copy = new CopyOut(`copy ${name} to stdout`, (chunk) => content.write(chunk));
          client.query(copy);
          await copy.done;
          files.push(content.finish());
        }
        return { database, tables: named, sequences: await sequences(client) };
      },
    );
    rows.push(copied);
  }
  return { files, rows };
}

/** Puts the rows in the place of those that stand there. */
export async function putOwnRows(server: string, folder: string, rows: readonly OwnRows[]): Promise<void> {
  for (const { database, tables, sequences } of rows) {
    await inTransaction(databaseUrl(server, database), 'read write', async (client) => {
      // The rows were of one moment: foreign keys hold whichever table comes first, and triggers have run already.
      await client.query('set local session_replication_role = replica');
      await client.query(`truncate ${tables.map(({ name }) => name).join(', ')}`);
      for (const { name, file } of tables) {
        const copy = new CopyIn(`copy ${name} from stdin`, createReadStream(join(folder, file)));
        client.query(copy);
        await copy.done;
      }
      for (const sequence of Object.entries(sequences)) await client.query('select setval($1, $2)', sequence);
    });
  }
}

/** Tables of one database whose rows are copied after the log. Exported for specs of the contexts that own them. */
export function ownTables(url: string): Promise<Table[]> {
  return inTransaction(url, 'read only', findOwnTables);
}

async function findOwnTables(client: Client): Promise<Table[]> {
  const { rows } = await client.query<Table & { relname: string; comment: string | null }>(
    `select format('%I.%I', nspname, relname) as name, relname, obj_description(relation.oid, 'pg_class') as comment,
       array(
         select format('%I %s', attname, format_type(atttypid, atttypmod)) from pg_attribute
         where attrelid = relation.oid and attnum > 0 and not attisdropped order by attnum
       ) as columns
     from pg_class as relation join pg_namespace on pg_namespace.oid = relnamespace
     where relkind = 'r' and relpersistence <> 't' and nspname <> 'information_schema' and nspname !~ '^pg_'
     order by 1`,
  );
  return rows
    .filter(({ relname, comment }) => relname !== migrationsTable && !followsTheLog(relname, comment))
    .map(({ name, columns }) => ({ name, columns }));
}

async function sequences(client: Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; value: string }>(
    `select format('%I.%I', schemaname, sequencename) as name, last_value::text as value
     from pg_sequences where last_value is not null order by 1`,
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

async function inTransaction<Result>(
  url: string,
  mode: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(`begin ${mode}`);
    const result = await work(client);
    await client.query('commit');
    return result;
  } finally {
    // Without the commit, nothing has happened.
    await client.end();
  }
}
