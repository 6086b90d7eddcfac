import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { isUUID } from 'class-validator';
import type { Repository } from 'typeorm';
import { httpProblem } from '#libs/http/src/http-problems.js';
import { decodeCursor, defaultPageSize, encodeCursor, type Page } from '#libs/http/src/paging.js';
import { read, type Shown, shown, tableOf } from '#libs/http/src/shown-rows.js';
import { CustomerRow } from '../customer-list/customer-list.entity.js';
import { nameKey, phoneKey } from '../search-keys.js';
import { beginning, containing, type Look, type Place, within, type Word } from './search-looks.js';

const cursorSort = 'rank';

export interface SearchRequest {
  readonly text: string;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * Finds active customers by name, reading, mail address and phone number. Every word must stand in one of them. First
 * come those that are the text, then those whose name or reading begins with it, then those whose mail address or
 * phone number does, then the others: these are looked for only when a page has room for them.
 */
@Injectable()
export class CustomerSearch {
  constructor(@InjectRepository(CustomerRow, 'customer') private readonly customers: Repository<CustomerRow>) {}

  /** @throws ProblemError invalid_cursor */
  async find({ text, limit, cursor }: SearchRequest): Promise<Page<Shown<CustomerRow>>> {
    const words = text.normalize('NFKC').split(/\s+/u).map(wordOf).filter(isSomething);
    if (words.length === 0) return { items: [], next: null };
    const whole: Word = { text: words.map((word) => word.text).join(''), phone: phoneIn(text) };
    const after = cursor === undefined ? undefined : placeOf(cursor);
    const places = await this.placesOf(words, whole, after, limit + 1);
    const rows = await this.rowsOf(places.slice(0, limit));
    const last = places.length > limit ? places[limit - 1] : undefined;
    const next = last ? encodeCursor(cursorSort, JSON.stringify([last.rank, last.key]), last.id) : null;
    return { items: places.flatMap(({ id }) => rows.get(id) ?? []), next };
  }

  private async placesOf(
    words: readonly Word[],
    whole: Word,
    after: Place | undefined,
    limit: number,
  ): Promise<readonly Place[]> {
    const first = after?.rank === containing ? [] : await this.look(beginning(whole, after, limit), limit);
    const look = first.length < limit ? within(words, whole, after, limit - first.length) : undefined;
    return look ? [...first, ...(await this.look(look))] : first;
  }

  /** @param limit given where the statement is the same for every text: its plan is kept for pages of the usual size */
  private async look({ sql, values }: Look, limit?: number): Promise<readonly Place[]> {
    const prepared = limit === defaultPageSize + 1;
    return (await read(tableOf(this.customers), sql, values, { prepared })) as Place[];
  }

  /** By id. One is missing where the list has not come as far as the search. */
  private async rowsOf(places: readonly Place[]): Promise<ReadonlyMap<string, Shown<CustomerRow>>> {
    const table = tableOf(this.customers);
    const ids = places.map(({ id }) => id);
    const rows = await read(table, `${table.select} where id = any($1)`, [ids], { prepared: true });
    return new Map(rows.map((row) => [String(row['id']), shown(table, row) as Shown<CustomerRow>]));
  }
}

function wordOf(word: string): Word {
  return { text: nameKey(word), phone: phoneIn(word) };
}

function isSomething({ text }: Word): boolean {
  return text !== '';
}

function phoneIn(text: string): string | undefined {
  const plain = text.normalize('NFKC').trim();
  const digits = phoneKey(plain);
  return digits.length >= 3 && /^\+?[\d\s()\-‐‑–−ー.]+$/u.test(plain) ? digits : undefined;
}

function placeOf(cursor: string): Place {
  const { value, id } = decodeCursor(cursor, cursorSort);
  const [rank, key] = parsed(value);
  // What Postgres could not read as a text and an id.
  const isReadable = typeof key === 'string' && !key.includes('\0') && isUUID(id);
  if (typeof rank !== 'number' || !isReadable) throw httpProblem('invalid_cursor');
  return { rank, key, id };
}

function parsed(value: string): readonly unknown[] {
  try {
    const content: unknown = JSON.parse(value);
    return Array.isArray(content) ? content : [];
  } catch {
    throw httpProblem('invalid_cursor');
  }
}
