/** Cursor pages over a TypeORM query: stable while rows are added, and no totals unless asked. */
import { createHash } from 'node:crypto';
import type { Type as Class } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { type ObjectLiteral, QueryFailedError, type SelectQueryBuilder } from 'typeorm';
import { httpProblem } from './http-problems.js';

const maxPageSize = 200;
const defaultPageSize = 50;

/** Query of every list. A list with filters extends it. */
export class PageQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: maxPageSize, default: defaultPageSize })
  @IsOptional()
  @Type(() => Number)
  @IsInt({ message: `limit must be a whole number from 1 to ${maxPageSize}` })
  @Min(1, { message: 'limit must be at least 1' })
  @Max(maxPageSize, { message: `limit is at most ${maxPageSize}; follow "next" for more` })
  limit: number = defaultPageSize;

  @ApiPropertyOptional({ description: '"next" of the page before.' })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  cursor?: string;

  @ApiPropertyOptional({ description: 'A field to sort by; a leading "-" turns the order round.' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  sort?: string;

  @ApiPropertyOptional({ default: false, description: 'Count all matches; slow on large lists.' })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean({ message: 'total must be true or false' })
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

export interface PageOrder {
  /** Sort names that the API allows, each with its property path: `{ signedAt: 'contract.signedAt' }`. Never null. */
  readonly sorts: Readonly<Record<string, string>>;
  /** `-signedAt` */
  readonly defaultSort: string;
  /** Property path of the unique id that breaks ties: `contract.id`. */
  readonly id: string;
}

/** Narrows a list to the rows whose properties have these values; undefined narrows nothing. */
export function filtered<Entity extends ObjectLiteral>(
  query: SelectQueryBuilder<Entity>,
  values: { readonly [Property in keyof Entity & string]?: Entity[Property] | undefined },
): SelectQueryBuilder<Entity> {
  for (const [property, value] of Object.entries(values)) {
    if (value !== undefined) query.andWhere(`${query.alias}.${property} = :${property}`, { [property]: value });
  }
  return query;
}

/** Runs the query for one page. Filters are already in it. Throws 400 problems for a bad cursor or sort. */
export async function pageOf<Entity extends ObjectLiteral>(
  query: SelectQueryBuilder<Entity>,
  page: PageQuery,
  order: PageOrder,
): Promise<Page<Entity>> {
  const sort = page.sort ?? order.defaultSort;
  const descending = sort.startsWith('-');
  const name = descending ? sort.slice(1) : sort;
  const column = Object.hasOwn(order.sorts, name) ? order.sorts[name] : undefined;
  if (column === undefined) {
    throw httpProblem('unknown_sort', `Sort by one of: ${Object.keys(order.sorts).join(', ')}. "-" turns it round.`);
  }
  const total = page.total ? await query.clone().getCount() : undefined;
  if (page.cursor !== undefined) {
    const { value, id } = decodeCursor(page.cursor, sort);
    query.andWhere(`(${column}, ${order.id}) ${descending ? '<' : '>'} (:cursorValue, :cursorId)`, {
      cursorValue: value,
      cursorId: id,
    });
  }
  const direction = descending ? 'DESC' : 'ASC';
  const read = query
    .orderBy(column, direction)
    .addOrderBy(order.id, direction)
    // As text of the database: a JavaScript date would cut microseconds off and repeat or lose rows.
    .addSelect(`(${column})::text`, 'cursor_value')
    .addSelect(`(${order.id})::text`, 'cursor_id')
    .limit(page.limit + 1);
  const { entities, raw } = await read
    .getRawAndEntities<{ cursor_value: string; cursor_id: string }>()
    .catch((error: unknown) => {
      // Filters are checked before they get here; a cursor's values only Postgres can judge.
      throw page.cursor !== undefined && isUnreadableValue(error) ? httpProblem('invalid_cursor') : error;
    });
  const last = raw[page.limit - 1];
  const more = entities.length > page.limit && last !== undefined;
  return {
    items: entities.slice(0, page.limit),
    next: more ? encodeCursor(sort, last.cursor_value, last.cursor_id) : null,
    ...(total !== undefined && { total }),
  };
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
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { readonly code?: unknown };
  return typeof code === 'string' && code.startsWith('22');
}

const checksumLength = 12;

/** Finds cursors that were cut or edited. It guards no secret: a cursor holds only what its page showed. */
function checksum(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, checksumLength);
}
