import { expect, it } from 'vitest';
import { median } from '../statistics.js';
import type { LoggedEvent } from './environment-log.js';
import { covered, overheads } from './overhead.js';

it.each<[string, [number, number][], number]>([
  ['none', [], 0],
  [
    'apart',
    [
      [10, 20],
      [30, 35],
    ],
    15,
  ],
  [
    'over each other and in any order',
    [
      [30, 60],
      [10, 50],
      [20, 30],
    ],
    50,
  ],
  [
    'over the ends',
    [
      [-10, 5],
      [95, 200],
    ],
    10,
  ],
  [
    'outside',
    [
      [-10, -5],
      [100, 200],
    ],
    0,
  ],
])('counts every moment of stretches once: %s', (_what, stretches, sum) => {
  const found = covered(
    stretches.map(([from, to]) => ({ from, to })),
    { from: 0, to: 100 },
  );
  expect(found).toBe(sum);
});

it("takes a step's work from its time: the cluster's share, the pods' and that of the functions", () => {
  const instants: readonly (readonly [string, number])[] = [
    ['environment.requested', 1_000],
    ['environment.planned', 1_030],
    ['environment.validated', 1_045],
    ['environment.dry_run_passed', 1_145],
    ['environment.applied', 1_245],
    ['environment.available', 1_745],
    ['environment.smoke_passed', 1_765],
  ];
  const events: readonly LoggedEvent[] = instants.map(([type, at]) => ({ type, at, data: {} }));
  const requests = [
    { from: 1_050, to: 1_100 },
    { from: 1_060, to: 1_110 },
    { from: 1_150, to: 1_240 },
    { from: 1_300, to: 1_310 },
    { from: 1_690, to: 1_700 },
    { from: 1_750, to: 1_760 },
  ];
  const found = overheads(events, { requests, upAt: 1_645, planMs: 12, validateMs: 5 });
  expect(Object.fromEntries(found)).toEqual({ plan: 18, validate: 10, 'dry-run': 40, apply: 10, wait: 90, smoke: 10 });
  expect(median([...found.values()])).toBe(10);
});
