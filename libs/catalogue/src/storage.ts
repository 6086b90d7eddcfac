const form = /^([1-9]\d{0,5})(MB|GB|TB|PB)$/;
const unitBytes = { MB: 1e6, GB: 1e9, TB: 1e12, PB: 1e15 } as const;

/**
 * Bytes of a storage quantity in contract words, a whole number and a decimal unit: `1TB` is 1,000,000,000,000.
 * Undefined where the text is none.
 */
export function storageBytes(text: string): number | undefined {
  const [, count, unit] = form.exec(text) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  const bytes = Number(count) * unitBytes[unit as keyof typeof unitBytes];
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
