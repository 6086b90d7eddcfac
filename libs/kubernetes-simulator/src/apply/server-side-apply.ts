import { ApiError, type Cause } from '../api-error.js';
import { apiVersionOf, type Kind } from '../kinds.js';
import { now, type JsonObject, type KubernetesObject, type ManagedFieldsEntry } from '../objects.js';
import {
  fieldsOf,
  fromFieldsV1,
  hasDescendant,
  printPath,
  segmentsOf,
  toFieldsV1,
  type FieldSet,
} from './field-set.js';
import { mergeStruct, removeFields } from './merge.js';

export interface Manager {
  name: string;
  operation: 'Apply' | 'Update';
  subresource?: string;
}

/** Merges what `manager` applies into the live object and settles who owns which field. */
export function serverSideApply(
  kind: Kind,
  live: KubernetesObject | undefined,
  applied: KubernetesObject,
  manager: Manager,
  force: boolean,
): KubernetesObject {
  const configuration = fieldsOf(kind.type, applied);
  const wanted: FieldSet = new Set(configuration.keys());
  const entries = live?.metadata.managedFields ?? [];
  if (!live) return withManagers(applied, [entryOf(kind, manager, wanted, undefined)]);

  const merged = mergeStruct(kind.type, live, applied);
  const before = fieldsOf(kind.type, live);
  const after = fieldsOf(kind.type, merged);
  const mine = entries.find((entry) => isBy(entry, manager));
  const others = entries.filter((entry) => entry !== mine);

  const conflicts = others.flatMap((entry) =>
    [...fromFieldsV1(entry.fieldsV1)]
      .filter((path) => wanted.has(path) && before.get(path) !== after.get(path))
      .map((path) => ({ entry, path })),
  );
  if (conflicts.length > 0 && !force) throw conflictError(conflicts);

  const othersLeft = others.flatMap((entry) =>
    without(entry, new Set(conflicts.filter((c) => c.entry === entry).map((c) => c.path))),
  );
  const othersFields = new Set(othersLeft.flatMap((entry) => [...fromFieldsV1(entry.fieldsV1)]));
  const dropped = [...(mine ? fromFieldsV1(mine.fieldsV1) : [])].filter((path) =>
    [wanted, othersFields].every((fields) => !fields.has(path) && !hasDescendant(fields, path)),
  );
  const pruned = removeFields(merged, withoutKeysOfKeptItems(dropped), wanted) as KubernetesObject;
  return withManagers(pruned, [entryOf(kind, manager, wanted, mine), ...othersLeft]);
}

/** Settles ownership after a create, update or merge patch: the manager owns what it changed, others lose it. */
export function trackUpdate(
  kind: Kind,
  live: KubernetesObject | undefined,
  next: KubernetesObject,
  manager: Manager,
): KubernetesObject {
  const before: Map<string, string> = live ? fieldsOf(kind.type, live) : new Map();
  const after = fieldsOf(kind.type, next);
  const changed = [...after.keys()].filter((path) => before.get(path) !== after.get(path));
  const lost = new Set([...changed, ...[...before.keys()].filter((path) => !after.has(path))]);
  const entries = live?.metadata.managedFields ?? [];
  const mine = entries.find((entry) => isBy(entry, manager));
  const others = entries.filter((entry) => entry !== mine).flatMap((entry) => without(entry, lost));
  const owned = new Set([...(mine ? fromFieldsV1(mine.fieldsV1) : []), ...changed].filter((path) => after.has(path)));
  return withManagers(next, [...others, ...(owned.size > 0 ? [entryOf(kind, manager, owned, mine)] : [])]);
}

function isBy(entry: ManagedFieldsEntry, manager: Manager): boolean {
  return (
    entry.manager === manager.name && entry.operation === manager.operation && entry.subresource === manager.subresource
  );
}

function entryOf(
  kind: Kind,
  manager: Manager,
  fields: FieldSet,
  previous: ManagedFieldsEntry | undefined,
): ManagedFieldsEntry {
  const fieldsV1 = toFieldsV1(fields);
  const same = previous && JSON.stringify(previous.fieldsV1) === JSON.stringify(fieldsV1);
  return {
    manager: manager.name,
    operation: manager.operation,
    apiVersion: apiVersionOf(kind),
    time: same ? previous.time : now(),
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...(manager.subresource && { subresource: manager.subresource }),
  };
}

function without(entry: ManagedFieldsEntry, lost: FieldSet): ManagedFieldsEntry[] {
  const fields = fromFieldsV1(entry.fieldsV1);
  const left = new Set([...fields].filter((path) => !lost.has(path)));
  if (left.size === fields.size) return [entry];
  return left.size === 0 ? [] : [{ ...entry, fieldsV1: toFieldsV1(left), time: now() }];
}

/** An item that stays in its list keeps the fields that name it. */
function withoutKeysOfKeptItems(paths: string[]): string[] {
  const removed = new Set(paths);
  return paths.filter((path) => {
    const segments = segmentsOf(path);
    const item = segments.at(-2);
    const itemPath = segments.slice(0, -1).join('\u0000');
    if (!item?.startsWith('k:') || removed.has(itemPath)) return true;
    return !((segments.at(-1) ?? '').slice(2) in (JSON.parse(item.slice(2)) as JsonObject));
  });
}

function withManagers(object: KubernetesObject, managedFields: ManagedFieldsEntry[]): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

function printManager(entry: ManagedFieldsEntry): string {
  const subresource = entry.subresource ? ` with subresource ${JSON.stringify(entry.subresource)}` : '';
  const since = entry.operation === 'Update' ? ` using ${entry.apiVersion} at ${entry.time}` : '';
  return `${JSON.stringify(entry.manager)}${subresource}${since}`;
}

function conflictError(conflicts: { entry: ManagedFieldsEntry; path: string }[]): ApiError {
  const causes: Cause[] = conflicts.map(({ entry, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${printManager(entry)}`,
    field: printPath(path),
  }));
  const [first] = causes;
  const text =
    causes.length === 1 && first
      ? `1 conflict: ${first.message}: ${first.field}`
      : `${causes.length} conflicts: ${[...new Set(causes.map((cause) => cause.message))]
          .map((message) => {
            const fields = causes.filter((cause) => cause.message === message).map((cause) => `\n- ${cause.field}`);
            return `${message.replace('conflict with', 'conflicts with')}:${fields.join('')}`;
          })
          .join('\n')}`;
  return new ApiError(409, 'Conflict', `Apply failed with ${text}`, { causes });
}
