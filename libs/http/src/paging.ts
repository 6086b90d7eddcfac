/** Cursor pages over a read model: stable while rows are added, and no totals unless asked. */
import { createHash } from 'node:crypto';
import type { Type as Class } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsString, Max, MaxLength, Min } from 'class-validator';
import { DatabaseError } from 'pg';
import type { ObjectLiteral, Repository } from 'typeorm';
import { httpProblem } from './http-problems.js';
import { AnyOf, Between, type Filter, read, type Shown, shown, type Table, tableOf } from './shown-rows.js';
import { Flag, Optional } from './validation.js';

const maxPageSize = 200;
export const defaultPageSize = 50;

/** Query of every list. A list with filters extends it. */
export class PageQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: maxPageSize, default: defaultPageSize })
  @Optional()
  @Type(() => Number)
  @IsInt({ message: `limit must be a whole number from 1 to ${maxPageSize}` })
  @Min(1, { message: 'limit must be at least 1' })
  @Max(maxPageSize, { message: `limit is at most ${maxPageSize}; follow "next" for more` })
  limit: number = defaultPageSize;

  @ApiPropertyOptional({ description: '"next" of the page before.' })
  @Optional()
  @IsString()
  @MaxLength(1000)
  cursor?: string;

  @ApiPropertyOptional({ description: 'A field to sort by; a leading "-" turns the order round.' })
  @Optional()
  @IsString()
  @MaxLength(100)
  sort?: string;

  @ApiPropertyOptional({ default: false, description: 'Count all matches; slow on large lists.' })
  @Optional()
  @Flag()
  total: boolean = false;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Cursor of the next page; null on the last one. */
  readonly next: string | null;
  readonly total?: number;
}

/** The answer of a list, for the OpenAPI document: `class ContractPage extends PageOf(ContractView) {}`. */
export function PageOf<Item>(item: Class<Item>): Class<Page<Item>> {
  class Answer implements Page<Item> {
    @ApiProperty({ type: [item] }) items: readonly Item[];
    @ApiProperty({ type: String, nullable: true, description: 'Cursor of the next page; null on the last one.' })
    next: string | null;
    @ApiPropertyOptional({ description: 'Number of all matches, when asked for with total=true.' }) total?: number;
  }
  return Answer;
}

export interface PageOrder<Row> {
  /** Properties that the API sorts by. Never null. */
  readonly sorts: readonly (keyof Row & string)[];
  /** `-signedAt` */
  readonly defaultSort: string;
}

/**
 * One page of the rows that the filter lets through; rows with equal values stand in the order of their ids.
 * Throws 400 problems for a bad cursor or sort.
 */
export async function pageOf<Row extends ObjectLiteral>(
  rows: Repository<Row>,
  filter: Filter<Row>,
  page: PageQuery,
  order: PageOrder<Row>,
): Promise<Page<Shown<Row>>> {
  const sort = page.sort ?? order.defaultSort;
  const descending = sort.startsWith('-');
  const property = order.sorts.find((name) => name === (descending ? sort.slice(1) : sort));
  if (property === undefined) {
    throw httpProblem('unknown_sort', `Sort by one of: ${order.sorts.join(', ')}. "-" turns it round.`);
  }
  const table = tableOf(rows);
  const { columns } = table;
  const [column, id] = [columns.get(property), columns.get(table.id)];
  const values: unknown[] = [];
  const conditions = Object.entries(filter).flatMap(([name, wanted]) => {
    if (wanted instanceof AnyOf) return `${columns.get(name)} = any($${values.push(wanted.values)})`;
    const bounds = wanted instanceof Between ? { '>=': wanted.from, '<': wanted.before } : { '=': wanted as unknown };
    return Object.entries(bounds)
      .filter(([, value]) => value !== undefined)
      .map(([operator, value]) => `${columns.get(name)} ${operator} $${values.push(value)}`);
  });
  const total = page.total ? await count(table, conditions, values) : undefined;
  if (page.cursor !== undefined) {
    const last = decodeCursor(page.cursor, sort);
    const beyond = `(${column}, ${id}) ${descending ? '<' : '>'}`;
    conditions.push(`${beyond} ($${values.push(last.value)}, $${values.push(last.id)})`);
  }
  const direction = descending ? 'desc' : 'asc';
  const sql = `${table.select}${where(conditions)}
    order by ${column} ${direction}, ${id} ${direction} limit ${page.limit + 1}`;
  // Only the first pages that everybody asks for: there are too many others for a connection to keep.
  const prepared = values.length === 0 && page.limit === defaultPageSize;
  const found = await read(table, sql, values, { prepared }).catch((error: unknown) => {
    // Filters are checked before they get here; a cursor's values only Postgres can judge.
    throw page.cursor !== undefined && isUnreadableValue(error) ? httpProblem('invalid_cursor') : error;
  });
  const last = found.length > page.limit ? found[page.limit - 1] : undefined;
  return {
    // Before instants are shown: those have no microseconds, and a cursor without them would repeat or lose rows.
    next: last ? encodeCursor(sort, String(last[property]), String(last[table.id])) : null,
    items: found.slice(0, page.limit).map((row) => shown(table, row) as Shown<Row>),
    ...(total !== undefined && { total }),
  };
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
}

async function count(table: Table, conditions: readonly string[], values: readonly unknown[]): Promise<number> {
  const [row] = await read(table, `select count(*) from ${table.name}${where(conditions)}`, values, {
    prepared: false,
  });
  return Number(row?.['count']);
}

export function encodeCursor(sort: string, value: string, id: string): string {
  const content = JSON.stringify([sort, value, id]);
  return Buffer.from(checksum(content) + content).toString('base64url');
}

export function decodeCursor(cursor: string, sort: string): { readonly value: string; readonly id: string } {
  const text = Buffer.from(cursor, 'base64url').toString();
  const content = text.slice(checksumLength);
  if (text.slice(0, checksumLength) !== checksum(content)) throw httpProblem('invalid_cursor');
  const [made, value, id] = parsedCursor(content);
  if (made !== sort || typeof value !== 'string' || typeof id !== 'string') throw httpProblem('invalid_cursor');
  return { value, id };
}

/** The checksum is no secret, so what it covers may be anything. */
function parsedCursor(content: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(content);
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    throw httpProblem('invalid_cursor');
  }
}

/** Postgres could not read a value of a cursor as the type of its column (SQLSTATE class 22). */
function isUnreadableValue(error: unknown): boolean {
  return error instanceof DatabaseError && error.code?.startsWith('22') === true;
}

const checksumLength = 12;

/** Finds cursors that were cut or edited. It guards no secret: a cursor holds only what its page showed. */
function checksum(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, checksumLength);
}
