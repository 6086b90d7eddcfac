/** The SQL of a search: looks along indices, each of which finds customers of one rank in their order. */
import { gramsAtStart, gramsWithin } from './search-grams.js';

/** What is looked for, as keys of search-keys. */
export interface Word {
  readonly text: string;
  /** Digits, when it may be part of a phone number. */
  readonly phone: string | undefined;
}

/** Where a customer stands in the answer. */
export interface Place {
  readonly rank: number;
  /** Within the rank; what begins with the text stands in the order of its own. */
  readonly key: string;
  readonly id: string;
}

export interface Look {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** The rank of customers that contain the words and begin with none of them. */
export const containing = 3;
/** No index has these in order, so that many of them are put in order. Which ones, where there are more, is up to Postgres. */
const candidates = 1_000;
/** An index finds quicker by few pieces than by many; what it finds is compared with the whole word anyway. */
const mostPieces = 6;
const texts = ['name_key', 'kana_key', 'email_key'] as const;
const firstId = '00000000-0000-0000-0000-000000000000';
/** Behind every text that begins with what this is put after. */
const last = '\u{10FFFF}';

/**
 * First those who are the text (rank 0), then those whose name or reading begins with it (1), then those whose mail
 * address or phone number does (2). Each look goes along an index in its order and ends with the page, however many
 * there are. The statement is the same for every text.
 * @param after last of the page before
 */
export function beginning({ text, phone }: Word, after: Place | undefined, limit: number): Look {
  const values: unknown[] = [];
  const $ = (value: string | undefined, type: string): string => `$${values.push(value ?? null)}::${type}`;
  const [whole, digits] = [$(text, 'text'), $(phone, 'text')];
  const ranks = conditionsOf(whole, digits);
  const select = (rank: number, key: string, condition: string, order: string): string =>
    `(select id, ${rank} as rank, ${key} as key from customer_search
      where active and ${condition} and ${noneOf(ranks.slice(0, rank))} order by ${order} limit ${limit})`;
  const isOver = (rank: number): boolean => after !== undefined && after.rank > rank;
  const idAfter = (rank: number): string => $(after?.rank === rank ? after.id : firstId, 'uuid');
  const same = (column: string, value: string | undefined): string => {
    const wanted = $(isOver(0) ? undefined : value, 'text');
    return select(0, `''`, `${column} = ${wanted} and id > ${idAfter(0)}`, 'id');
  };
  const begins = (rank: number, column: string, start: string | undefined, unless: readonly string[] = []): string => {
    const from = after?.rank === rank && start !== undefined && after.key > start ? after.key : start;
    const low = $(isOver(rank) ? undefined : from, 'text');
    const high = $(start === undefined ? undefined : start + last, 'text');
    const range = `(${column}, id) > (${low}, ${idAfter(rank)}) and ${column} < ${high}`;
    return select(rank, column, `${range} and ${noneOf(unless)}`, `${column}, id`);
  };
  const looks = [
    ...texts.map((column) => same(column, text)),
    same('phone_key', phone),
    begins(1, 'kana_key', text),
    begins(1, 'name_key', text, [`starts_with(kana_key, ${whole})`]),
    begins(2, 'email_key', text),
    begins(2, 'phone_key', phone, [`starts_with(email_key, ${whole})`]),
  ];
  return { sql: `${looks.join(' union ')} order by rank, key, id limit ${limit}`, values };
}

/** Those in whom each word stands somewhere and who are of no earlier rank; undefined where there can be none. */
export function within(
  words: readonly Word[],
  { text, phone }: Word,
  after: Place | undefined,
  limit: number,
): Look | undefined {
  // One character, or two Latin letters, are looked for at the beginning only: they stand in nearly everything.
  if (words.length === 1 && !gramsWithin(text)) return undefined;
  const values: unknown[] = [];
  const $ = (value: unknown): string => `$${values.push(value)}`;
  const conditions = words.map((word) => `(${standsIn(word, $)})`).join(' and ');
  const earlier = conditionsOf(`${$(text)}::text`, `${$(phone ?? null)}::text`);
  const beyond = after?.rank === containing ? `where (key, id) > (${$(after.key)}, ${$(after.id)}::uuid)` : '';
  const sql = `select id, ${containing} as rank, key from (
      select id, coalesce(kana_key, name_key) as key from customer_search
      where active and ${conditions} and ${noneOf(earlier)} limit ${candidates}) as found
    ${beyond} order by key, id limit ${limit}`;
  return { sql, values };
}

/** What makes a customer one of rank 0, 1 and 2, unless an earlier one does. */
function conditionsOf(text: string, phone: string): readonly string[] {
  return [
    `${text} in (${texts.join(', ')}) or phone_key = ${phone}`,
    `starts_with(kana_key, ${text}) or starts_with(name_key, ${text})`,
    `starts_with(email_key, ${text}) or starts_with(phone_key, ${phone})`,
  ];
}

function noneOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'true' : `(${conditions.join(' or ')}) is not true`;
}

function standsIn({ text, phone }: Word, $: (value: unknown) => string): string {
  const grams = gramsWithin(text);
  const word = $(text);
  const fits = texts.map((column) => (grams ? `strpos(${column}, ${word}) > 0` : `starts_with(${column}, ${word})`));
  const pieces = grams ? few(grams) : gramsAtStart(text);
  if (phone === undefined) return `grams @> ${$(pieces)} and (${fits.join(' or ')})`;
  const inPhone = `strpos(phone_key, ${$(phone)}) > 0`;
  // Mostly the digits are written as they are kept: one look in the index finds both.
  if (phone === text) return `grams @> ${$(pieces)} and (${[...fits, inPhone].join(' or ')})`;
  return `(grams @> ${$(pieces)} and (${fits.join(' or ')})) or (grams @> ${$(few(gramsWithin(phone) ?? []))} and ${inPhone})`;
}

/** Pieces from all over a word. Of a mail address those before the domain, which many addresses have. */
function few(grams: readonly string[]): readonly string[] {
  const domain = grams.findIndex((gram) => gram.startsWith('@'));
  const telling = domain > 0 ? grams.slice(0, domain) : grams;
  if (telling.length <= mostPieces) return telling;
  const step = (telling.length - 1) / (mostPieces - 1);
  return Array.from({ length: mostPieces }, (_, index) => telling[Math.round(index * step)]!);
}
