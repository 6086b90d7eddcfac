const form = /^(\d+(?:\.\d+)?)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/;
const factors: Readonly<Record<string, number>> = {
  m: 1e-3,
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

/** The number that a Kubernetes quantity stands for (`250m` is 0.25, `1Gi` is 1,073,741,824); undefined if it is none. */
export function quantityValue(quantity: string): number | undefined {
  const [, number, unit] = form.exec(quantity) ?? [];
  if (number === undefined) return undefined;
  return Number(number) * (unit === undefined ? 1 : (factors[unit] ?? Number.NaN));
}

/** `250m` times 4 is `1000m`: the unit stays, so nothing is rounded. */
export function multiply(quantity: string, count: number): string {
  const [, number, unit = ''] = form.exec(quantity) ?? [];
  if (number === undefined) throw new Error(`${quantity} is not a Kubernetes quantity.`);
  return `${Number((Number(number) * count).toFixed(3))}${unit}`;
}
