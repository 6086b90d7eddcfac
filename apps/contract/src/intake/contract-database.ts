import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import type { PollingSettings } from './intake-settings.js';
import { columnsOf, type Row } from './row-mapping.js';

export interface SourceRow {
  readonly id: string;
  /** The cursor column as text; null where the row has no value there. */
  readonly cursor: string | null;
  /** The same, but never in the future: one wrong row must not take the cursor past all others. */
  readonly reached: string | null;
  readonly row: Row;
}

interface ColumnTypes {
  readonly cursor: string;
  readonly id: string;
  /** By name of the column. */
  readonly all: ReadonlyMap<string, string>;
}

/** The settings do not fit the contract database. The message says which one, and what to do. */
export class UnusableSource extends Error {
  override readonly name = 'UnusableSource';
}

const times = ['timestamp with time zone', 'timestamp without time zone', 'date'];
const numbers = ['smallint', 'integer', 'bigint', 'numeric'];
const pageSize = 500;
const connectMs = 5_000;
const statementMs = 30_000;

/** One look at a contract database: its rows, and nothing that changes it. */
export class ContractDatabase {
  private constructor(
    private readonly client: Client,
    private readonly settings: PollingSettings,
    private readonly types: ColumnTypes,
  ) {}

  /** @throws UnusableSource, errors of the driver */
  static async open(settings: PollingSettings): Promise<ContractDatabase> {
    const client = new Client({
      connectionString: settings.url,
      application_name: 'keiyaku contract polling',
      connectionTimeoutMillis: connectMs,
      query_timeout: statementMs + connectMs,
      options: `-c default_transaction_read_only=on -c statement_timeout=${statementMs} -c timezone=UTC -c datestyle=ISO`,
    });
    // What was in flight is told by its query.
    client.on('error', () => undefined);
    await client.connect();
    try {
      return new ContractDatabase(client, settings, await typesOf(client, settings));
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  /** Rows whose cursor is not before `position` less the overlap, all where there is none, a page at a time. */
  async *since(position: string | null): AsyncGenerator<readonly SourceRow[]> {
    const { cursor, id } = this.types;
    const { overlap } = this.settings;
    const back = times.includes(cursor) ? `make_interval(secs => $2)` : `$2::${cursor}`;
    let page =
      position === null
        ? await this.rows(`${this.cursor} is not null`, [])
        : await this.rows(`${this.cursor} >= $1::${cursor} - ${back}`, [position, overlap]);
    while (page.length > 0) {
      yield page;
      const last = page.at(-1)!;
      page = await this.rows(`(${this.cursor}, ${this.id}) > ($1::${cursor}, $2::${id})`, [last.cursor, last.id]);
    }
  }

  /** Rows that stand nowhere in the order, for want of a value. */
  async withoutCursor(): Promise<readonly SourceRow[]> {
    return this.rows(`${this.cursor} is null`, []);
  }

  async byId(ids: readonly string[]): Promise<readonly SourceRow[]> {
    return this.rows(`${this.id}::text = any($1)`, [ids]);
  }

  private get cursor(): string {
    return `source.${escapeIdentifier(this.settings.cursorColumn)}`;
  }

  private get id(): string {
    return `source.${escapeIdentifier(this.settings.idColumn)}`;
  }

  /** Numbers that JSON would round come as text: customer numbers can be longer than those of JavaScript. */
  private value(column: string): string {
    const value = `source.${escapeIdentifier(column)}`;
    const type = this.types.all.get(column)!;
    if (type === 'bigint') return `${value}::text`;
    // Without the zeros after the point, as a number has none.
    const whole = `case when ${value} = trunc(${value}) then trunc(${value})::text else ${value}::text end`;
    return type.startsWith('numeric') ? whole : value;
  }

  private async rows(where: string, values: readonly unknown[]): Promise<readonly SourceRow[]> {
    const { cursor } = this.types;
    const { cursorColumn, mapping } = this.settings;
    // No more than what is mapped leaves the contract database.
    const columns = [...new Set([cursorColumn, ...columnsOf(mapping)])];
    const row = columns.map((column) => `${escapeLiteral(column)}, ${this.value(column)}`).join(', ');
    const reached = times.includes(cursor) ? `least(${this.cursor}, now()::${cursor})` : this.cursor;
    const { rows } = await this.client.query<SourceRow>(
      `select ${this.id}::text as id, ${this.cursor}::text as cursor, ${reached}::text as reached,
              jsonb_build_object(${row}) as row
       from ${tableOf(this.settings)} as source where ${where}
       order by ${this.cursor}, ${this.id} limit ${pageSize}`,
      [...values],
    );
    return rows;
  }
}

function tableOf({ table }: PollingSettings): string {
  return table.split('.').map(escapeIdentifier).join('.');
}

async function typesOf(client: Client, settings: PollingSettings): Promise<ColumnTypes> {
  const { table, cursorColumn, idColumn, mapping } = settings;
  const { rows } = await client.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, null) as type from pg_attribute
     where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`,
    [tableOf(settings)],
  );
  if (rows.length === 0) {
    throw new UnusableSource(
      `There is no table ${table} that this user may see. Correct CONTRACT_POLLING_TABLE, or grant select on it.`,
    );
  }
  const types = new Map(rows.map(({ name, type }) => [name, type]));
  const missing = [cursorColumn, idColumn, ...columnsOf(mapping)].filter((column) => !types.has(column));
  if (missing.length > 0) {
    throw new UnusableSource(
      `${table} has no column ${[...new Set(missing)].join(', ')}. Correct CONTRACT_POLLING_MAPPING, ` +
        'CONTRACT_POLLING_CURSOR_COLUMN or CONTRACT_POLLING_ID_COLUMN.',
    );
  }
  const cursor = types.get(cursorColumn)!;
  if (!times.includes(cursor) && !numbers.includes(cursor)) {
    throw new UnusableSource(
      `${cursorColumn} is of type ${cursor}. CONTRACT_POLLING_CURSOR_COLUMN has to name a point in time or a number.`,
    );
  }
  if (numbers.includes(cursor) && !mapping.changed_at) {
    throw new UnusableSource(
      `${cursorColumn} is a number and says nothing of time. Name a column for changed_at in CONTRACT_POLLING_MAPPING.`,
    );
  }
  return { cursor, id: types.get(idColumn)!, all: types };
}
