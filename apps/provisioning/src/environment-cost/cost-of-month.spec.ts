import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import { costOfMonth } from './cost-of-month.js';
import { openEnd, type ServicePeriod } from './environment-cost.entity.js';

const catalogue = loadCatalogue();
const starter = { plan: 'starter', storageQuota: '100GB', userLimit: 10, service: 'running' } as const;
const [monthly, storageOnly] = [9800 + 100 * 30 + 10 * 500, 100 * 30];

function cost(month: string, periods: ServicePeriod[], { endedOn = openEnd, today = '2027-01-01' } = {}) {
  return costOfMonth({ periods, endedOn }, month, today, catalogue).map(({ from, to, days, amount }) => {
    return [from, to, days, amount];
  });
}

describe('what an environment costs in a month', () => {
  it('is the price of the month when it served all of it', () => {
    const periods = [{ from: '2026-01-20T01:00:00.000Z', ...starter }];
    expect(cost('2026-02', periods)).toEqual([['2026-02-01', '2026-02-28', 28, monthly]]);
    expect(cost('2025-12', periods)).toEqual([]);
  });

  it('counts the day in Japan on which it was ready, and not the one on which the service ended', () => {
    // 0:30 of the 21st in Japan.
    const periods = [{ from: '2026-01-20T15:30:00.000Z', ...starter }];
    const share = (days: number) => Math.round((monthly * days) / 31);
    expect(cost('2026-01', periods)).toEqual([['2026-01-21', '2026-01-31', 11, share(11)]]);
    expect(cost('2026-01', periods, { endedOn: '2026-01-25' })).toEqual([['2026-01-21', '2026-01-24', 4, share(4)]]);
    expect(cost('2026-01', periods, { endedOn: '2026-01-21' })).toEqual([]);
    expect(cost('2026-02', periods, { endedOn: '2026-01-25' })).toEqual([]);
  });

  it('is shared out by the day when it is amended or suspended in the middle', () => {
    const periods: ServicePeriod[] = [
      { from: '2026-04-01T00:00:00.000Z', ...starter },
      { from: '2026-04-10T03:00:00.000Z', ...starter, userLimit: 25 },
      { from: '2026-04-20T03:00:00.000Z', ...starter, userLimit: 25, service: 'suspended' },
      { from: '2026-04-28T03:00:00.000Z', ...starter, userLimit: 25 },
    ];
    const more = monthly + 15 * 500;
    expect(cost('2026-04', periods)).toEqual([
      ['2026-04-01', '2026-04-09', 9, Math.round((monthly * 9) / 30)],
      ['2026-04-10', '2026-04-19', 10, Math.round((more * 10) / 30)],
      ['2026-04-20', '2026-04-27', 8, Math.round((storageOnly * 8) / 30)],
      ['2026-04-28', '2026-04-30', 3, Math.round((more * 3) / 30)],
    ]);
  });

  it('counts a day once, as what it was at its end', () => {
    const periods: ServicePeriod[] = [
      { from: '2026-04-01T00:00:00.000Z', ...starter },
      { from: '2026-04-10T01:00:00.000Z', ...starter, service: 'suspended' },
      { from: '2026-04-10T02:00:00.000Z', ...starter, userLimit: 25 },
    ];
    expect(cost('2026-04', periods).map(([from, to]) => `${from} ${to}`)).toEqual([
      '2026-04-01 2026-04-09',
      '2026-04-10 2026-04-30',
    ]);
  });

  it('goes up to today in the month that runs', () => {
    const periods = [{ from: '2026-01-20T01:00:00.000Z', ...starter }];
    expect(cost('2026-04', periods, { today: '2026-04-02' })).toMatchObject([['2026-04-01', '2026-04-02', 2, 1187]]);
    expect(cost('2026-05', periods, { today: '2026-04-02' })).toEqual([]);
  });

  it('says that a plan has no price', () => {
    const periods = [{ from: '2026-01-20T01:00:00.000Z', ...starter, plan: 'gone' }];
    expect(costOfMonth({ periods, endedOn: openEnd }, '2026-02', '2027-01-01', catalogue)).toMatchObject([
      { plan: 'gone', monthly: null, amount: 0 },
    ]);
  });
});
