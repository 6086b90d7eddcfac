/** Fields of plain JSON objects by dotted path, like `company.name`. */

/** Undefined where a part of the path is missing. */
export function fieldOf(data: object, path: string): unknown {
  let value: unknown = data;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** A copy without the fields. Objects that held nothing else stay, empty. */
export function withoutFields(data: object, paths: readonly string[]): object {
  return paths.reduce((copy, path) => changed(copy, path.split('.'), (parent, key) => delete parent[key]), data);
}

/** A copy with a value in each field. */
export function withFields(data: object, paths: readonly string[], values: readonly unknown[]): object {
  return paths.reduce(
    (copy, path, index) => changed(copy, path.split('.'), (parent, key) => (parent[key] = values[index])),
    data,
  );
}

/** Copies what lies on the way to a field and nothing else. */
function changed(
  data: object,
  [key = '', ...rest]: readonly string[],
  change: (parent: Record<string, unknown>, key: string) => unknown,
): object {
  const copy = { ...data } as Record<string, unknown>;
  const inner = copy[key];
  if (rest.length === 0) change(copy, key);
  else copy[key] = changed(typeof inner === 'object' && inner !== null ? inner : {}, rest, change);
  return copy;
}
