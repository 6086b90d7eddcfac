/** How a row of a contract database becomes what a webhook would tell. */
import type { Mistake } from './intake-tables.js';

/** A row as JSON, by column. */
export type Row = Readonly<Record<string, unknown>>;

/** Where a field comes from: a column, whose values may stand for others, or one value for all rows. */
export type FieldSource =
  | { readonly column: string; readonly values?: Readonly<Record<string, unknown>> }
  | { readonly value: string | number };

const required = [
  'id',
  'name',
  'plan',
  'region',
  'storage_quota',
  'user_limit',
  'contract_date',
  'email',
  'language',
] as const;
const optional = ['status', 'reason', 'changed_at'] as const;
type Field = (typeof required)[number] | (typeof optional)[number];

export type RowMapping = Readonly<Record<(typeof required)[number], FieldSource>> &
  Readonly<Partial<Record<(typeof optional)[number], FieldSource>>>;

export const mappingExpected =
  `a JSON object that says for each of ${required.join(', ')} (and, where there is one, ${optional.join(', ')}) its ` +
  'column, like {"id": "customer_no", "plan": {"column": "tariff", "values": {"E": "enterprise"}}, ' +
  '"language": {"value": "ja"}}; fields that it leaves out have a column of their own name';

/** Undefined where the text is no mapping. Required fields that are left out are columns of that name. */
export function parseMapping(text: string): RowMapping | undefined {
  const parsed = parsedObject(text);
  if (!parsed) return undefined;
  const known: readonly string[] = [...required, ...optional];
  const named = Object.entries(parsed).map(([field, source]) => [field, fieldSource(source)] as const);
  if (named.some(([field, source]) => !known.includes(field) || source === undefined)) return undefined;
  const own = required.map((field) => [field, { column: field }] as const);
  return Object.fromEntries<unknown>([...own, ...named]) as RowMapping;
}

function parsedObject(text: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function fieldSource(source: unknown): FieldSource | undefined {
  if (typeof source === 'string' && source !== '') return { column: source };
  if (typeof source !== 'object' || source === null) return undefined;
  if ('value' in source && (typeof source.value === 'string' || typeof source.value === 'number')) {
    return { value: source.value };
  }
  if (!('column' in source) || typeof source.column !== 'string' || source.column === '') return undefined;
  const values = 'values' in source ? source.values : undefined;
  if (values === undefined) return { column: source.column };
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return undefined;
  return { column: source.column, values: values as Readonly<Record<string, unknown>> };
}

/** Columns that the mapping reads. */
export function columnsOf(mapping: RowMapping): readonly string[] {
  return Object.values(mapping).flatMap((source) => ('column' in source ? [source.column] : []));
}

/** How a row says that its customer stands. */
const standings = ['active', 'suspended', 'terminated', 'cancelled'] as const;
export type RowStatus = (typeof standings)[number];

export interface MappedRow {
  /** Absent where no column says it. */
  readonly status: RowStatus | undefined;
  readonly customer: Readonly<Record<string, unknown>>;
  readonly reason: unknown;
  /** As the row has it: when it became so. */
  readonly changedAt: unknown;
}

/** The row in the words of our reports, or what is wrong with its status. */
export function mapped(row: Row, mapping: RowMapping, cursorColumn: string): MappedRow | Mistake {
  const valueOf = (field: Field): unknown => {
    const source = mapping[field];
    if (!source) return undefined;
    if ('value' in source) return source.value;
    const value = row[source.column] ?? undefined;
    const listed = source.values && value !== undefined ? source.values[plainText(value)] : undefined;
    return listed ?? value;
  };
  const status = mapping.status && (valueOf('status') ?? 'active');
  if (status !== undefined && !standings.some((known) => known === status)) {
    const detail = `Status must be one of ${standings.join(', ')}; name what your values mean in CONTRACT_POLLING_MAPPING.`;
    return { pointer: pointerOf('status', mapping), detail };
  }
  const customer = Object.fromEntries(required.map((field) => [field, shaped(field, valueOf(field))]));
  const changedAt = mapping.changed_at ? valueOf('changed_at') : row[cursorColumn];
  return { status: status as RowStatus | undefined, customer, reason: valueOf('reason'), changedAt };
}

/** A point in time with its zone; a column without one is taken as UTC. */
export function instantOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return `${value}T00:00:00Z`;
  return /T[\d:.]+$/.test(value) ? `${value}Z` : value;
}

/** What is wrong, with the column in place of the field of a report. */
export function inColumns(mistakes: readonly Mistake[], mapping: RowMapping, cursorColumn: string): readonly Mistake[] {
  return mistakes.map(({ pointer, detail }) => {
    if (pointer === '/timestamp')
      return { pointer: mapping.changed_at ? pointerOf('changed_at', mapping) : `/${cursorColumn}`, detail };
    const field = [...required, ...optional].find(
      (known) => pointer === `/data/customer/${known}` || pointer === `/data/${known}`,
    );
    return { pointer: field ? pointerOf(field, mapping) : pointer, detail };
  });
}

function pointerOf(field: Field, mapping: RowMapping): string {
  const source = mapping[field];
  return source && 'column' in source ? `/${source.column}` : `/${field}`;
}

/** Columns have types that reports do not: numbers that are texts, and days with a time. */
function shaped(field: Field, value: unknown): unknown {
  if (value === undefined) return value;
  if (field === 'user_limit') return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  const text = plainText(value);
  return field === 'contract_date' && /^\d{4}-\d\d-\d\dT/.test(text) ? text.slice(0, 10) : text;
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
