/**
 * Rows of read models for answers, straight from the driver: TypeORM would build the query anew for each request and
 * copy every row into an entity. What a row is made of is still said by the entity alone.
 */
import { createHash } from 'node:crypto';
import {
  type CustomTypesConfig,
  DatabaseError,
  type Pool,
  type QueryConfig,
  type QueryResult,
  type QueryResultRow,
  types,
} from 'pg';
import type { ObjectLiteral, Repository } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';

/** A row as JSON shows it: instants are ISO 8601 text in UTC, with milliseconds. */
export type Shown<Row> = {
  readonly [Property in keyof Row]: Row[Property] extends Date
    ? string
    : Row[Property] extends Date | null
      ? string | null
      : Row[Property];
};

/** The value that each property must have, its bounds, or several of which it has one; undefined demands nothing. */
export type Filter<Row> = {
  readonly [Property in keyof Row]?:
    Row[Property] | Between<NonNullable<Row[Property]>> | AnyOf<NonNullable<Row[Property]>> | undefined;
};

/** Bounds of a value; `from` belongs to it, `before` does not, and either may be left out. */
export class Between<Value> {
  constructor(
    readonly from: Value | undefined,
    readonly before: Value | undefined,
  ) {}
}

/** One of several values; none of them lets nothing through. */
export class AnyOf<Value> {
  constructor(readonly values: readonly Value[]) {}
}

/** The row with this id. A projection's entity has one primary column. */
export async function rowOf<Row extends ObjectLiteral>(
  rows: Repository<Row>,
  id: string,
): Promise<Shown<Row> | undefined> {
  const table = tableOf(rows);
  const [row] = await read(table, `${table.select} where ${table.columns.get(table.id)} = $1`, [id], {
    prepared: true,
  });
  return row && (shown(table, row) as Shown<Row>);
}

/** What SQL calls the parts of an entity. */
export interface Table {
  readonly pool: Pool;
  /** `select … from …`, with the names of the properties. */
  readonly select: string;
  /** `"contract_list"` */
  readonly name: string;
  /** Property that holds the id. */
  readonly id: string;
  /** `"created_at"` by `createdAt`. */
  readonly columns: ReadonlyMap<string, string>;
  /** Properties that hold instants. */
  readonly instants: readonly string[];
}

const tables = new WeakMap<object, Table>();

export function tableOf<Row extends ObjectLiteral>(rows: Repository<Row>): Table {
  const known = tables.get(rows);
  if (known) return known;
  const { driver } = rows.manager.dataSource;
  const { columns, primaryColumns, tableName } = rows.metadata;
  const name = driver.escape(tableName);
  const [primary] = primaryColumns;
  if (!primary || primaryColumns.length > 1) throw new Error(`The entity ${rows.metadata.name} has no single id.`);
  const selected = columns.map((column) => `${driver.escape(column.databaseName)} as "${column.propertyName}"`);
  const table: Table = {
    pool: (driver as PostgresDriver).master as Pool,
    select: `select ${selected.join(', ')} from ${name}`,
    name,
    id: primary.propertyName,
    columns: new Map(columns.map((column) => [column.propertyName, driver.escape(column.databaseName)])),
    instants: columns
      .filter((column) => driver.normalizeType(column) === 'timestamp with time zone')
      .map(({ propertyName }) => propertyName),
  };
  tables.set(rows, table);
  return table;
}

/** Instants come as Postgres writes them, with microseconds; everything else as the driver gives it. */
const plainInstants: CustomTypesConfig = {
  getTypeParser: (type, format) =>
    type === types.builtins.TIMESTAMPTZ ? asItIs : (types.getTypeParser(type, format) as typeof asItIs),
};
const asItIs = (text: string): unknown => text;

/** @param options `prepared` spares Postgres the planning; each connection keeps such a statement for ever */
export async function read(
  { pool }: Pick<Table, 'pool'>,
  sql: string,
  values: readonly unknown[],
  { prepared }: { readonly prepared: boolean },
): Promise<QueryResultRow[]> {
  const query = { text: sql, values: [...values], types: plainInstants };
  const { rows } = prepared ? await preparedQuery(pool, query) : await pool.query(query);
  return rows;
}

async function preparedQuery(pool: Pool, query: QueryConfig): Promise<QueryResult> {
  try {
    return await pool.query({ ...query, name: nameOf(query.text) });
  } catch (error) {
    // A newer version of the read model has other types: what was prepared for the old ones is refused.
    if (error instanceof DatabaseError && error.code === featureNotSupported) return pool.query(query);
    throw error;
  }
}

const featureNotSupported = '0A000';
const names = new Map<string, string>();

function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) names.set(sql, (name = createHash('sha256').update(sql).digest('base64url')));
  return name;
}

/** Works on the row itself, which nobody else has. */
export function shown({ instants }: Table, row: QueryResultRow): QueryResultRow {
  for (const property of instants) {
    const instant: unknown = row[property];
    if (typeof instant === 'string') row[property] = isoInstant(instant);
  }
  return row;
}

/** `2025-01-05 09:00:00.123456+00` is `2025-01-05T09:00:00.123Z`. */
export function isoInstant(text: string): string {
  // As servers that run in UTC write it. A date is made for all others only: it costs ten times as much.
  if (text.length < 22 || text[10] !== ' ' || !text.endsWith('+00')) return dateOf(text).toISOString();
  const milliseconds = `${text.slice(20, -3)}000`.slice(0, 3);
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${milliseconds}Z`;
}

const dateOf = types.getTypeParser(types.builtins.TIMESTAMPTZ) as (text: string) => Date;
