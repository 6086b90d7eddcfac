import type { Concurrency } from './settings.js';
import { roundedAll } from './statistics.js';

export type Figures = Readonly<Record<string, number>>;

/**
 * What `npm run bench` prints: every figure by its name, those that were measured at each concurrency as they are at
 * 64, and by concurrency below `byConcurrency`.
 */
export function printed(
  byConcurrency: ReadonlyMap<Concurrency, Figures>,
  single: Figures,
): Readonly<Record<string, number | Readonly<Record<string, Figures>>>> {
  return {
    ...roundedAll({ ...byConcurrency.get(64), ...single }),
    byConcurrency: Object.fromEntries(
      [...byConcurrency].map(([concurrency, values]) => [concurrency, roundedAll(values)]),
    ),
  };
}
