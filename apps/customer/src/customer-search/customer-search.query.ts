import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { httpProblem } from '#libs/http/src/http-problems.js';
import { decodeCursor, encodeCursor, type Page } from '#libs/http/src/paging.js';
import { read, type Shown, shown, tableOf } from '#libs/http/src/shown-rows.js';
import { CustomerRow } from '../customer-list/customer-list.entity.js';
import { nameKey, phoneKey } from '../search-keys.js';
import { gramsAtStart, gramsWithin } from './search-grams.js';

/** Candidates of each look that are ranked; a search that fits more of them is too wide to be read through. */
const candidates = 1_000;
const cursorSort = 'rank';

export interface SearchRequest {
  readonly text: string;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * Finds active customers by name, reading, mail address and phone number. Every word must stand in one of them. First
 * come those that are the text, then those whose name or reading begins with it, then those whose mail address or
 * phone number does, then the others.
 */
@Injectable()
export class CustomerSearch {
  constructor(@InjectRepository(CustomerRow, 'customer') private readonly customers: Repository<CustomerRow>) {}

  /** @throws ProblemError invalid_cursor */
  async find({ text, limit, cursor }: SearchRequest): Promise<Page<Shown<CustomerRow>>> {
    const words = text.normalize('NFKC').split(/\s+/u).map(wordOf).filter(isSomething);
    if (words.length === 0) return { items: [], next: null };
    const whole: Word = { text: words.map((word) => word.text).join(''), phone: phoneIn(text) };
    const { sql, values } = statement(words, whole, cursor === undefined ? undefined : placeOf(cursor), limit + 1);
    const table = tableOf(this.customers);
    const found = await read(table, sql(table.select), values, { prepared: false });
    const last = found.length > limit ? found[limit - 1] : undefined;
    const next = last
      ? encodeCursor(cursorSort, JSON.stringify([last['rank'], last['key']]), String(last['id']))
      : null;
    const items = found.slice(0, limit).map(({ rank: _rank, key: _key, ...row }) => shown(table, row));
    return { items: items as Shown<CustomerRow>[], next };
  }
}

interface Word {
  readonly text: string;
  /** Digits, when it may be part of a phone number. */
  readonly phone: string | undefined;
}

interface Place {
  readonly rank: number;
  readonly key: string;
  readonly id: string;
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
  if (typeof rank !== 'number' || typeof key !== 'string') throw httpProblem('invalid_cursor');
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

/**
 * Three looks, each bounded: at what is the text, which may be missing among very many that begin with it; at what
 * begins with it; and at all. The third comes after the others in every ranking, so it is left out where the second is
 * full. Where a look is full, which ones of the rest are left out is up to Postgres.
 */
function statement(words: readonly Word[], whole: Word, after: Place | undefined, limit: number) {
  const values: unknown[] = [];
  const $ = (value: unknown): string => `$${values.push(value)}`;
  const text = $(whole.text);
  const phone = $(whole.phone ?? null);
  const begins = [
    `(grams @> ${$(gramsAtStart(whole.text))} and (${anyText((column) => `starts_with(${column}, ${text})`)}))`,
    ...(whole.phone ? [`(grams @> ${$(gramsAtStart(whole.phone))} and starts_with(phone_key, ${phone}))`] : []),
  ].join(' or ');
  const same = [anyText((column) => `${column} = ${text}`), ...(whole.phone ? [`phone_key = ${phone}`] : [])].join(
    ' or ',
  );
  const contains = words.map((word) => `(${wordWithin(word, $)})`).join(' and ');
  const rank = `case
    when ${text} in (name_key, kana_key, email_key) or phone_key = ${phone} then 0
    when starts_with(name_key, ${text}) or starts_with(kana_key, ${text}) then 1
    when starts_with(email_key, ${text}) or starts_with(phone_key, ${phone}) then 2
    else 3 end`;
  const beyond = after
    ? `where (rank, key, id) > (${$(after.rank)}::integer, ${$(after.key)}, ${$(after.id)}::uuid)`
    : '';
  // Not the grams: they are most of a row, and a union compares all that it gets.
  const bounded = (condition: string, most: string): string =>
    `select id, name_key, kana_key, email_key, phone_key from customer_search
     where active and (${condition}) limit ${most}`;
  const sql = (select: string): string => `
    with beginning as materialized (${bounded(begins, String(candidates))}),
    found as ((${bounded(same, String(candidates))}) union select * from beginning union
      (${bounded(contains, `case when (select count(*) from beginning) < ${candidates} then ${candidates} else 0 end`)})),
    ranked as (select id, ${rank} as rank, coalesce(kana_key, name_key) as key from found),
    page as (select * from ranked ${beyond} order by rank, key, id limit ${limit})
    select listed.*, page.rank, page.key from page join (${select}) as listed on listed.id = page.id
    order by page.rank, page.key, page.id`;
  return { sql, values };
}

function anyText(condition: (column: string) => string): string {
  return ['name_key', 'kana_key', 'email_key'].map(condition).join(' or ');
}

/** One character, and two Latin letters, are looked for at the beginning only: they stand in nearly everything. */
function wordWithin({ text, phone }: Word, $: (value: unknown) => string): string {
  const within = gramsWithin(text);
  const word = $(text);
  const found = within
    ? `grams @> ${$(within)} and (${anyText((column) => `strpos(${column}, ${word}) > 0`)})`
    : `grams @> ${$(gramsAtStart(text))} and (${anyText((column) => `starts_with(${column}, ${word})`)})`;
  if (phone === undefined) return found;
  return `(${found}) or (grams @> ${$(gramsWithin(phone) ?? [])} and strpos(phone_key, ${$(phone)}) > 0)`;
}
