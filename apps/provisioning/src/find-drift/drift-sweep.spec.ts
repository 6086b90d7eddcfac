import { expect, it } from 'vitest';
import { sweepEveryMs } from './drift-sweep.js';

it.each([
  ['sixty times in a period', 600_000, 5_000, 10_000],
  ['at least once a minute', 7 * 86_400_000, 5_000, 60_000],
  ['not more often than the reconciler', 3_000, 5_000, 5_000],
  ['after whole milliseconds, which is what the database can compare', 100_001, 50, 1_667],
])('a sweep for drift comes %s', (_when, driftMs, reconcileMs, everyMs) => {
  expect(sweepEveryMs({ driftMs, reconcileMs })).toBe(everyMs);
});
