import { describe, expect, it } from 'vitest';
import { median, medianRatio, percentile, rounded, roundedAll } from './statistics.js';

describe('figures of the benchmark', () => {
  it('takes percentiles by nearest rank, whatever the order', () => {
    const values = [30, 10, 20, 50, 40];
    expect([0, 0.2, 0.5, 0.95, 1].map((share) => percentile(values, share))).toEqual([10, 10, 30, 50, 50]);
    expect(values).toEqual([30, 10, 20, 50, 40]);
  });

  it('compares round by round, so a slow round does not count', () => {
    expect(medianRatio([100, 10, 90], [200, 20, 200])).toBe(0.5);
  });

  it('refuses to make a figure out of nothing', () => {
    expect(() => median([])).toThrow('Nothing was measured');
    expect(() => medianRatio([1], [])).toThrow('both values of every round');
  });

  it('keeps three digits', () => {
    expect([12_345, 0.123_45, 7].map(rounded)).toEqual([12_300, 0.123, 7]);
    expect(roundedAll({ perHour: 12_345, ms: 0.123_45 })).toEqual({ perHour: 12_300, ms: 0.123 });
  });
});
