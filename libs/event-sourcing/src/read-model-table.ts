import type { DataSource, EntityManager } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import { ProjectionChanged } from './errors.js';
import type { RecordedEvent } from './event.js';
import { type Projection, type RowsChange, changesOf, fold } from './projection.js';
import { pointView } from './read-model-view.js';

/** A row that two tables of one read model do not have in common; null on the side where none stands. */
export interface RowDifference {
  readonly key: string;
  readonly live: Readonly<Record<string, unknown>> | null;
  readonly fresh: Readonly<Record<string, unknown>> | null;
}

/**
 * New entries of a GIN index wait in a list that every look at it reads through. Its usual 4 MB cost a search more than
 * the search itself.
 */
const shortPendingList = ' with (gin_pending_list_limit = 128)';

/**
 * The table behind a read model, derived from its entity's columns. Readers see it through the view that
 * carries the projection's name; the runner alone writes it.
 */
export class ReadModelTable<Row extends object> {
  readonly name: string;
  private readonly columns: readonly { property: string; column: string; type: string; metadata: ColumnMetadata }[];
  private readonly key: { property: string; column: string };

  constructor(
    private readonly database: DataSource,
    private readonly projection: Projection<Row>,
    readonly generation: number,
  ) {
    this.name = `${projection.name}_v${projection.version}_g${generation}`;
    const { columns, primaryColumns, tableName } = database.getMetadata(projection.entity);
    if (tableName !== projection.name) {
      throw new Error(`The entity of ${projection.name} is mapped to ${tableName}. Give both one name.`);
    }
    this.columns = columns.map((metadata) => ({
      property: metadata.propertyName,
      column: metadata.databaseName,
      type: sqlType(database, metadata),
      metadata,
    }));
    const [primary, ...others] = primaryColumns;
    if (!primary || others.length > 0) throw new Error(`${projection.entity.name} needs exactly one primary column.`);
    this.key = { property: primary.propertyName, column: primary.databaseName };
  }

  async create(manager: EntityManager): Promise<void> {
    await manager.query(`create table ${quoted(this.name)} (${this.definitions()})`);
  }

  /** A long fill is quicker without them. */
  async createIndices(manager: EntityManager): Promise<void> {
    const { indices } = this.database.getMetadata(this.projection.entity);
    for (const [number, index] of indices.entries()) {
      const columns = index.columns.map(({ databaseName }) => quoted(databaseName)).join(', ');
      await manager.query(
        `create ${index.isUnique ? 'unique ' : ''}index if not exists ${quoted(`${this.name}_i${number}`)}
         on ${quoted(this.name)} using ${index.type ?? 'btree'} (${columns})${index.type === 'gin' ? shortPendingList : ''}`,
      );
    }
  }

  /** Lets the readers read this table from the end of the transaction on. */
  async serve(manager: EntityManager): Promise<void> {
    await pointView(this.database.getMetadata(this.projection.entity), this.name, manager);
  }

  /** @throws ProjectionChanged when the entity's columns are not those of the table */
  async demandSameColumns(): Promise<void> {
    const differing = await this.database.transaction(async (manager) => {
      // Postgres itself says what the entity's types mean, and whether that is what stands.
      await manager.query(`create temporary table read_model_as_declared (${this.definitions()}) on commit drop`);
      const columnsOf = (table: string): string =>
        `select attname, format_type(atttypid, atttypmod), attnotnull from pg_attribute
         where attrelid = ${table}::regclass and attnum > 0 and not attisdropped`;
      const [declared, stands] = [columnsOf(`'pg_temp.read_model_as_declared'`), columnsOf('$1')];
      return manager.query<{ attname: string }[]>(
        `select distinct attname from
           ((${declared} except ${stands}) union all (${stands} except ${declared})) as differing order by attname`,
        [quoted(this.name)],
      );
    });
    if (differing.length === 0) return;
    const names = differing.map(({ attname }) => attname).join(', ');
    throw new ProjectionChanged(this.projection.name, this.projection.version, `has other columns (${names})`);
  }

  /** Answers the rows that stand under the keys. */
  async load(keys: readonly string[], manager: EntityManager): Promise<Map<string, Row | undefined>> {
    const selected = this.columns.map(({ column, property }) => `${quoted(column)} as ${quoted(property)}`).join(', ');
    const rows = await manager.query<Record<string, unknown>[]>(
      `select ${selected} from ${quoted(this.name)} where ${quoted(this.key.column)} = any($1)`,
      [keys],
    );
    return new Map(rows.map((row) => [String(row[this.key.property]), row as Row]));
  }

  /** Writes the rows in one statement each for what stands and what is gone. */
  async save(rows: ReadonlyMap<string, Row | undefined>, manager: EntityManager): Promise<void> {
    const standing = [...rows.values()].filter((row) => row !== undefined);
    const gone = [...rows].flatMap(([key, row]) => (row === undefined ? [key] : []));
    if (standing.length > 0) {
      const names = this.columns.map(({ column }) => quoted(column));
      const records = standing.map((row) => this.record(row));
      await manager.query(
        `insert into ${quoted(this.name)} (${names.join(', ')})
         select ${names.join(', ')} from jsonb_to_recordset($1::jsonb)
           as row(${this.columns.map(({ column, type }) => `${quoted(column)} ${type}`).join(', ')})
         on conflict (${quoted(this.key.column)}) do update
           set ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`,
        [JSON.stringify(records)],
      );
    }
    if (gone.length > 0) {
      await manager.query(`delete from ${quoted(this.name)} where ${quoted(this.key.column)} = any($1)`, [gone]);
    }
  }

  /** Changes or removes every row that matches, in one statement. */
  async change(change: RowsChange<Row>, manager: EntityManager): Promise<void> {
    const where = this.named(change.where, 'where');
    const condition = where.map(({ column }, index) => `target.${quoted(column)} = $${index + 1}`).join(' and ');
    const values = where.map(({ value }) => value);
    if (!('set' in change)) {
      await manager.query(`delete from ${quoted(this.name)} as target where ${condition}`, values);
      return;
    }
    const set = this.named(change.set, 'set');
    if (set.some(({ property }) => property === this.key.property)) {
      throw new Error(`A set-based step of ${this.projection.name} sets the primary column. Make it a keyed one.`);
    }
    // By way of JSON, as in `save`, so that a value is written the same whichever kind of step writes it.
    const record = Object.fromEntries(set.map(({ column, value }) => [column, json(value)]));
    await manager.query(
      `update ${quoted(this.name)} as target
         set ${set.map(({ column }) => `${quoted(column)} = change.${quoted(column)}`).join(', ')}
       from jsonb_to_record($${where.length + 1}::jsonb)
         as change(${set.map(({ column, type }) => `${quoted(column)} ${type}`).join(', ')})
       where ${condition}`,
      [...values, JSON.stringify(record)],
    );
  }

  /** Rows that are not the same in another table of this read model; both as seen by the transaction. */
  async differences(
    other: ReadModelTable<Row>,
    limit: number,
    manager: EntityManager,
  ): Promise<{ rows: number; differing: number; differences: RowDifference[] }> {
    const key = quoted(this.key.column);
    const joined = `from ${quoted(this.name)} as live full join ${quoted(other.name)} as fresh
      on live.${key} = fresh.${key}`;
    const [counts] = await manager.query<{ rows: number; differing: number }[]>(
      `select count(live.${key})::integer as rows,
         (count(*) filter (where to_jsonb(live) is distinct from to_jsonb(fresh)))::integer as differing ${joined}`,
    );
    const differences = await manager.query<RowDifference[]>(
      `select coalesce(live.${key}, fresh.${key})::text as key, to_jsonb(live) as live, to_jsonb(fresh) as fresh
       ${joined} where to_jsonb(live) is distinct from to_jsonb(fresh) order by 1 limit ${limit}`,
    );
    return { rows: counts?.rows ?? 0, differing: counts?.differing ?? 0, differences };
  }

  private definitions(): string {
    return this.columns
      .map(({ column, type, metadata }) => {
        const order = metadata.collation ? ` collate ${quoted(metadata.collation)}` : '';
        const constraint = metadata.isPrimary ? 'primary key' : metadata.isNullable ? '' : 'not null';
        return `${quoted(column)} ${type}${order} ${constraint}`;
      })
      .join(', ');
  }

  /** The columns of a set-based step with their values. */
  private named(values: object, part: 'where' | 'set') {
    const entries = Object.entries(values);
    // Without a condition it would be every row; a value that is missing would be a condition less.
    if (entries.length === 0 || entries.some(([, value]) => value === undefined)) {
      throw new Error(`A set-based step of ${this.projection.name} names no column, or one without value, in ${part}.`);
    }
    return entries.map(([property, value]: [string, unknown]) => {
      const found = this.columns.find((column) => column.property === property);
      if (!found) throw new Error(`${this.projection.entity.name} has no column ${property}.`);
      return { ...found, value };
    });
  }

  private record(row: Row): Record<string, unknown> {
    const values = row as Record<string, unknown>;
    return Object.fromEntries(this.columns.map(({ column, property }) => [column, json(values[property])]));
  }
}

/** Brings the rows of a read model up to date with the next events of the log. */
export async function writeRows<Row extends object>(
  projection: Projection<Row>,
  table: ReadModelTable<Row>,
  events: readonly RecordedEvent[],
  manager: EntityManager,
): Promise<void> {
  let keyed: RecordedEvent[] = [];
  for (const event of events) {
    const step = projection.steps.get(event.type);
    if (!step || !('many' in step)) {
      keyed.push(event);
      continue;
    }
    const changes = changesOf(step, event);
    if (changes.length === 0) continue;
    // It must find what was folded before it; what is folded after it must find what it leaves.
    await writeKeyed(projection, table, keyed, manager);
    keyed = [];
    for (const change of changes) await table.change(change, manager);
  }
  await writeKeyed(projection, table, keyed, manager);
}

async function writeKeyed<Row extends object>(
  projection: Projection<Row>,
  table: ReadModelTable<Row>,
  events: readonly RecordedEvent[],
  manager: EntityManager,
): Promise<void> {
  const keys = new Set<string>();
  for (const event of events) {
    const step = projection.steps.get(event.type);
    if (step && 'keys' in step) for (const key of step.keys(event)) keys.add(key);
  }
  if (keys.size === 0) return;
  const rows = await table.load([...keys], manager);
  fold(projection, rows, events);
  await table.save(rows, manager);
}

function sqlType(database: DataSource, { type, length, isArray }: ColumnMetadata): string {
  const name = database.driver.normalizeType({ type, length, isArray });
  return `${name}${length ? `(${length})` : ''}${isArray ? '[]' : ''}`;
}

function json(value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : (value ?? null);
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
