const aheadMs = 9 * 3_600_000;

/** The calendar day in Japan, where prices are counted: `2026-01-31`. There is no summer time. */
export function japaneseDay(instant: Date): string {
  return new Date(instant.getTime() + aheadMs).toISOString().slice(0, 10);
}

/** The days of a month like `2026-02`: its first, its last and how many there are. */
export function daysOfMonth(month: string): { readonly first: string; readonly last: string; readonly count: number } {
  const [year = 0, number = 0] = month.split('-').map(Number);
  const count = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return { first: `${month}-01`, last: `${month}-${count}`, count };
}

/** The day before or after: `dayPlus('2026-03-01', -1)` is `2026-02-28`. */
export function dayPlus(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}

/** From the first day to the last, both counted. */
export function daysBetween(first: string, last: string): number {
  return Math.round((Date.parse(last) - Date.parse(first)) / 86_400_000) + 1;
}
