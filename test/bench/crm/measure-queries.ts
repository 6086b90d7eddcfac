import type { SeedOptions } from '../../../scripts/seed/context.js';
import { recordOf } from '../../../scripts/seed/people.js';
import type { Bench } from '../bench.js';
import type { LoadResult, Work } from '../load/load.js';
import { lists, searches, someCustomers } from './questions.js';
import { type CrmSettings, readers } from './settings.js';

/** Milliseconds from the request to the whole answer, over HTTP. */
export interface QueryFigures {
  readonly searchMsP50: number;
  readonly searchMsP95: number;
  readonly listMsP50: number;
  readonly listMsP95: number;
  /** Of customers who are there already: the whole request, which ends with the check. */
  readonly duplicateMsP50: number;
  readonly duplicateMsP95: number;
}

const pagesDeep = 5;

export async function measureQueries(
  bench: Bench,
  { seconds }: CrmSettings,
  options: SeedOptions,
): Promise<QueryFigures> {
  const base = `${bench.api}/customers`;
  const token = await bench.token();
  const run = async (title: string, work: Work): Promise<LoadResult['latencyMs']> => {
    const { latencyMs, perSecond } = await bench.generator.run({ work, concurrency: readers, seconds });
    const { p50, p95, p99 } = latencyMs;
    bench.report(
      `${title}: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${perSecond.toFixed(0)}/s`,
    );
    return latencyMs;
  };
  const found = searches(options).map((text) => `${base}/search?q=${encodeURIComponent(text)}`);
  const search = await run('search', { kind: 'get', urls: found, token });
  const pages = (await Promise.all(lists(options).map((path) => pagesOf(base + path, token)))).flat();
  const list = await run('list', { kind: 'get', urls: pages, token });
  const records = someCustomers(options).map((number) => recordOf(options.seed, number));
  const known = records.filter(({ email, phone }) => email !== null || phone !== null);
  const duplicate = await run('duplicate check', { kind: 'duplicate', url: base, records: known, token });
  return {
    searchMsP50: search.p50,
    searchMsP95: search.p95,
    listMsP50: list.p50,
    listMsP95: list.p95,
    duplicateMsP50: duplicate.p50,
    duplicateMsP95: duplicate.p95,
  };
}

/** The address of a list's first page, and those of the pages that follow. */
async function pagesOf(first: string, token: string): Promise<string[]> {
  const urls = [first];
  for (let url = first; urls.length < pagesDeep;) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
    const { next } = (await response.json()) as { next: string | null };
    if (next === null) break;
    url = `${first}${first.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(next)}`;
    urls.push(url);
  }
  return urls;
}
