import { KEY_DEFAULTS, isAtomicMap, isAtomicStruct, structOf, type Field } from '../schema/schema.js';
import type { Json, JsonObject } from '../objects.js';

/**
 * The fields that a manager owns. A path is a chain of fieldsV1 segments (`f:name`, `k:{"name":"web"}`, `v:"item"`)
 * joined by a separator that no segment contains. List items stand beside their own fields.
 */
export type FieldSet = Set<string>;

const SEPARATOR = '\u0000';

/** Fields that identify an object or belong to the server; nobody owns them. */
const NOBODYS = new Set([
  'apiVersion',
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'metadata.resourceVersion',
  'metadata.generation',
  'metadata.creationTimestamp',
  'metadata.managedFields',
  'metadata.generateName',
  'metadata.selfLink',
  'metadata.deletionTimestamp',
  'metadata.deletionGracePeriodSeconds',
]);

const join = (path: string, segment: string) => (path ? `${path}${SEPARATOR}${segment}` : segment);
const isObject = (value: Json | undefined): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

export function segmentsOf(path: string): string[] {
  return path.split(SEPARATOR);
}

export function hasDescendant(fields: Iterable<string>, path: string): boolean {
  const prefix = path + SEPARATOR;
  for (const field of fields) if (field.startsWith(prefix)) return true;
  return false;
}

/** `k:{"containerPort":80,"protocol":"TCP"}` of a list item. */
export function itemSegment(item: JsonObject, keys: string[]): string {
  const named = keys.map((key) => [key, item[key] ?? KEY_DEFAULTS[key] ?? ''] as const);
  return `k:${JSON.stringify(Object.fromEntries(named))}`;
}

/** Every owned path of an object with its value as JSON; two objects differ where these differ. */
export function fieldsOf(type: string, object: JsonObject): Map<string, string> {
  const found = new Map<string, string>();
  visitStruct(type, object, '', '', found);
  return found;
}

function visitStruct(type: string, object: JsonObject, path: string, plain: string, found: Map<string, string>): void {
  const struct = structOf(type);
  for (const [name, value] of Object.entries(object)) {
    const dotted = plain ? `${plain}.${name}` : name;
    const field = struct?.get(name);
    if (value === undefined || !field || NOBODYS.has(dotted)) continue;
    visitField(type, name, field, value, join(path, `f:${name}`), dotted, found);
  }
}

function visitField(
  type: string,
  name: string,
  field: Field,
  value: Json,
  path: string,
  plain: string,
  found: Map<string, string>,
): void {
  const { element, merge } = field;
  if (Array.isArray(value) && merge !== 'atomic' && value.length > 0) {
    for (const item of value) {
      const here = join(
        path,
        merge !== 'set' && isObject(item) ? itemSegment(item, merge.keys) : `v:${JSON.stringify(item)}`,
      );
      found.set(here, '');
      if (isObject(item)) visitStruct(element, item, here, `${plain}[]`, found);
    }
    return;
  }
  if (isObject(value) && Object.keys(value).length > 0) {
    if (field.container === 'map' && !isAtomicMap(type, name)) {
      for (const [key, entry] of Object.entries(value)) {
        if (entry === undefined) continue;
        const here = join(path, `f:${key}`);
        if (isObject(entry) && structOf(element)) visitStruct(element, entry, here, `${plain}.${key}`, found);
        else found.set(here, JSON.stringify(entry));
      }
      return;
    }
    if (field.container === 'none' && structOf(element) && !isAtomicStruct(element)) {
      visitStruct(element, value, path, plain, found);
      return;
    }
  }
  found.set(path, JSON.stringify(value));
}

interface Tree {
  [segment: string]: Tree;
}

export function toFieldsV1(fields: FieldSet): JsonObject {
  const root: Tree = {};
  const owned = [...fields].toSorted().map((path) => {
    let node = root;
    for (const segment of segmentsOf(path)) node = node[segment] ??= {};
    return node;
  });
  // A leaf speaks for itself; an owned path with owned fields below says so with a dot.
  for (const node of owned) if (Object.keys(node).length > 0) node['.'] = {};
  return root;
}

export function fromFieldsV1(tree: JsonObject): FieldSet {
  const fields: FieldSet = new Set();
  const visit = (node: JsonObject, path: string) => {
    const segments = Object.keys(node);
    if (path && (segments.length === 0 || '.' in node)) fields.add(path);
    for (const segment of segments) {
      const child = node[segment];
      if (segment !== '.' && isObject(child)) visit(child, join(path, segment));
    }
  };
  visit(tree, '');
  return fields;
}

/** `.spec.template.spec.containers[name="web"].image`: a path as the API server prints it. */
export function printPath(path: string): string {
  return segmentsOf(path)
    .map((segment) => {
      const rest = segment.slice(2);
      if (segment.startsWith('f:')) return `.${rest}`;
      if (segment.startsWith('v:')) return `[=${rest}]`;
      const keys = Object.entries(JSON.parse(rest) as JsonObject).map(
        ([key, value]) => `${key}=${JSON.stringify(value)}`,
      );
      return `[${keys.join(',')}]`;
    })
    .join('');
}
