import { isAtomicMap, isAtomicStruct, structOf, type Field } from '../schema/schema.js';
import type { Json, JsonObject } from '../objects.js';
import { itemSegment, segmentsOf } from './field-set.js';

const isObject = (value: Json | undefined): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Lays an applied configuration over the live object: fields that are not mentioned stay as they are. */
export function mergeStruct(type: string, live: JsonObject, applied: JsonObject): JsonObject {
  const struct = structOf(type);
  const merged = { ...live };
  for (const [name, value] of Object.entries(applied)) {
    const field = struct?.get(name);
    if (value !== undefined && field) merged[name] = mergeField(type, name, field, live[name], value);
  }
  return merged;
}

function mergeField(type: string, name: string, field: Field, live: Json | undefined, applied: Json): Json {
  const { element, merge } = field;
  if (Array.isArray(applied) && Array.isArray(live) && merge !== 'atomic') {
    return merge === 'set'
      ? [...applied, ...live.filter((item) => !applied.includes(item))]
      : mergeItems(element, merge.keys, live.filter(isObject), applied.filter(isObject));
  }
  if (!isObject(applied) || !isObject(live)) return applied;
  if (field.container === 'map') {
    if (isAtomicMap(type, name)) return applied;
    const merged: JsonObject = { ...live };
    for (const [key, value] of Object.entries(applied)) {
      const before = live[key];
      merged[key] =
        isObject(value) && isObject(before) && structOf(element) ? mergeStruct(element, before, value) : value;
    }
    return merged;
  }
  return structOf(element) && !isAtomicStruct(element) ? mergeStruct(element, live, applied) : applied;
}

function mergeItems(type: string, keys: string[], live: JsonObject[], applied: JsonObject[]): JsonObject[] {
  const rest = new Map(live.map((item) => [itemSegment(item, keys), item]));
  const merged = applied.map((item) => {
    const segment = itemSegment(item, keys);
    const before = rest.get(segment);
    rest.delete(segment);
    return before ? mergeStruct(type, before, item) : item;
  });
  return [...merged, ...rest.values()];
}

/** Removes owned paths from a copy of the object; containers that this empties go too, unless they are in `keep`. */
export function removeFields(object: JsonObject, paths: string[], keep: Set<string>): JsonObject {
  const copy = structuredClone(object);
  for (const path of paths) removeFrom(copy, segmentsOf(path), [], keep);
  return copy;
}

function removeFrom(node: Json, segments: string[], above: string[], keep: Set<string>): void {
  const [segment = '', ...rest] = segments;
  const key = keyIn(node, segment);
  if (key === undefined) return;
  const child = (node as Record<string | number, Json>)[key];
  const here = [...above, segment];
  if (rest.length > 0 && child !== undefined) {
    removeFrom(child, rest, here, keep);
    const empty = child !== null && typeof child === 'object' && Object.keys(child).length === 0;
    if (!empty || keep.has(here.join('\u0000'))) return;
  }
  if (Array.isArray(node)) node.splice(Number(key), 1);
  else if (isObject(node)) delete node[key];
}

function keyIn(node: Json, segment: string): string | number | undefined {
  const rest = segment.slice(2);
  if (!Array.isArray(node)) return isObject(node) && rest in node ? rest : undefined;
  const index = node.findIndex((item) => {
    if (segment.startsWith('v:')) return JSON.stringify(item) === rest;
    const keys = Object.keys(JSON.parse(rest) as JsonObject);
    return isObject(item) && itemSegment(item, keys) === segment;
  });
  return index < 0 ? undefined : index;
}
