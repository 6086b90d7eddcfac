/** Fields of plain JSON objects by dotted path, like `company.name`. */

type Fields = Readonly<Record<string, unknown>>;

/** Undefined where a part of the path is missing. */
export function fieldOf(data: object, path: string): unknown {
  let value: unknown = data;
  for (const key of keysOf(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Fields)[key];
  }
  return value;
}

/** A copy without the fields. Objects that held nothing else stay, empty. */
export function withoutFields(data: object, paths: readonly string[]): object {
  let copy = data as Fields;
  for (const path of paths) copy = without(copy, keysOf(path), 0);
  return copy;
}

/** A copy with a value in each field. */
export function withFields(data: object, paths: readonly string[], values: readonly unknown[]): object {
  let copy = data as Fields;
  for (const [index, path] of paths.entries()) copy = withValue(copy, keysOf(path), 0, values[index]);
  return copy;
}

function without(data: Fields, keys: readonly string[], depth: number): Fields {
  const key = keys[depth]!;
  if (depth < keys.length - 1) return { ...data, [key]: without(inner(data, key), keys, depth + 1) };
  const { [key]: _, ...rest } = data;
  return rest;
}

function withValue(data: Fields, keys: readonly string[], depth: number, value: unknown): Fields {
  const key = keys[depth]!;
  return { ...data, [key]: depth < keys.length - 1 ? withValue(inner(data, key), keys, depth + 1, value) : value };
}

function inner(data: Fields, key: string): Fields {
  const value = data[key];
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** There are as many paths as personal fields in the catalogue, and each is looked at for every event. */
const known = new Map<string, readonly string[]>();

function keysOf(path: string): readonly string[] {
  let keys = known.get(path);
  if (!keys) known.set(path, (keys = path.split('.')));
  return keys;
}
