const SUFFIXES: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const PATTERN = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

export const QUANTITY_MESSAGE =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** `500m`, `2Gi` or `1` as a number; undefined when it is not a quantity. */
export function parseQuantity(text: string | number): number | undefined {
  const [match, digits = '', exponent = '', suffix = ''] = PATTERN.exec(String(text)) ?? [];
  if (match === undefined) return undefined;
  return exponent ? Number(digits + exponent) : Number(digits) * (SUFFIXES[suffix] ?? 1);
}

export function quantity(text: string | number | undefined): number {
  return text === undefined ? 0 : (parseQuantity(text) ?? 0);
}

/** Prints a sum in the unit of `like` (`750m`, `3Gi`), the way quota messages do. */
export function formatQuantity(value: number, like: string | number): string {
  const binary = /[KMGTPE]i$/.exec(String(like))?.[0];
  const units = binary ? ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'] : [];
  const unit = units.find((candidate) => value !== 0 && value % (SUFFIXES[candidate] ?? 1) === 0);
  if (unit) return `${value / (SUFFIXES[unit] ?? 1)}${unit}`;
  return Number.isInteger(value) ? String(value) : `${Math.round(value * 1000)}m`;
}
