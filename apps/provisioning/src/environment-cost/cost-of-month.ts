import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { monthlyPrice } from '#libs/catalogue/src/price.js';
import type { EnvironmentCost, ServicePeriod } from './environment-cost.entity.js';
import { dayPlus, daysBetween, daysOfMonth, japaneseDay } from './japanese-day.js';

export interface CostLine extends Omit<ServicePeriod, 'from'> {
  /** First and last day, both counted. */
  readonly from: string;
  readonly to: string;
  readonly days: number;
  /** Of a whole month; null for a plan that is not in the catalogue any more. */
  readonly monthly: number | null;
  /** Whole yen. */
  readonly amount: number;
}

/**
 * What an environment costs in a month, by the day: a day costs its share of the month under the terms and the service
 * that held at the end of the day in Japan. So the day on which it is ready counts, that on which its service ends does
 * not, and a change counts from its day on. Days after `today` are not counted.
 */
export function costOfMonth(
  { periods, endedOn }: Pick<EnvironmentCost, 'periods' | 'endedOn'>,
  month: string,
  today: string,
  catalogue: Catalogue,
): readonly CostLine[] {
  const { first, last, count } = daysOfMonth(month);
  const until = [last, today, dayPlus(endedOn, -1)].toSorted()[0]!;
  return periods.flatMap((period, index) => {
    const next = periods[index + 1];
    const begins = japaneseDay(new Date(period.from));
    const ends = next ? dayPlus(japaneseDay(new Date(next.from)), -1) : until;
    const from = begins < first ? first : begins;
    const to = ends < until ? ends : until;
    if (from > to) return [];
    const { plan, storageQuota, userLimit, service } = period;
    const days = daysBetween(from, to);
    const monthly = monthlyPrice(catalogue, period, service)?.amount ?? null;
    const amount = Math.round(((monthly ?? 0) * days) / count);
    return [{ from, to, days, plan, storageQuota, userLimit, service, monthly, amount }];
  });
}
