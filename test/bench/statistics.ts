/** The value that the given share of the values does not exceed (nearest rank). `share` is from 0 to 1. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('Nothing was measured: a percentile needs at least one value.');
  return value;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Median of the quotients of each round: what slows a whole round down does not change them. */
export function medianRatio(ours: readonly number[], baseline: readonly number[]): number {
  if (ours.length !== baseline.length) throw new Error('A ratio needs both values of every round.');
  return median(ours.map((value, round) => value / baseline[round]!));
}

/** Three significant digits: more would pretend. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** The same figures by the same names, each rounded. */
export function roundedAll<Figures extends { readonly [Name in keyof Figures]?: number }>(figures: Figures): Figures {
  const values = Object.entries(figures as Readonly<Record<string, number>>).map(
    ([name, value]) => [name, rounded(value)] as const,
  );
  return Object.fromEntries(values) as Figures;
}
