import { isDeepStrictEqual } from 'node:util';
import type { ObjectName } from '#libs/events/src/provisioning.js';
import type { KubernetesObject } from '../kubernetes/resources.js';

/** One field that changes. Values that nobody is to see are `hidden`; one that is absent has none. */
export interface FieldChange {
  /** `spec.template.spec.containers[web].image` */
  readonly field: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

export interface ObjectChange extends ObjectName {
  readonly fields: readonly FieldChange[];
}

/** What the cluster has and what it would have, of one object. */
export interface Comparison {
  /** Undefined when it does not stand. */
  readonly before: KubernetesObject | undefined;
  /** As the server would have it, its defaults and the fields of others included. */
  readonly after: KubernetesObject;
}

export interface Diff {
  readonly create: readonly ObjectName[];
  readonly change: readonly ObjectChange[];
}

export const hidden = '(hidden)';

/** Kept by the server for itself, or by tools to remember what they once applied, secrets included. */
const bookkeeping = new Set([
  'status',
  'metadata.managedFields',
  'metadata.resourceVersion',
  'metadata.generation',
  'metadata.uid',
  'metadata.creationTimestamp',
  'metadata.selfLink',
  'metadata.annotations.kubectl.kubernetes.io/last-applied-configuration',
  'metadata.annotations.deployment.kubernetes.io/revision',
]);

/**
 * What changes, object by object and field by field. Fields of others and the server's defaults are the same on both
 * sides, so they are no change of ours.
 */
export function diff(comparisons: readonly Comparison[]): Diff {
  return {
    create: comparisons.filter(({ before }) => !before).map(({ after }) => nameOf(after)),
    change: comparisons.flatMap(({ before, after }): ObjectChange[] => {
      const fields = before ? fieldsOf(before, after) : [];
      return fields.length === 0 ? [] : [{ ...nameOf(after), fields }];
    }),
  };
}

export function nameOf({
  kind,
  metadata: { name, namespace },
}: Pick<KubernetesObject, 'kind' | 'metadata'>): ObjectName {
  return { kind, name, ...(namespace !== undefined && { namespace }) };
}

function fieldsOf(before: KubernetesObject, after: KubernetesObject): readonly FieldChange[] {
  return changes(before, after, '').map((change) => {
    if (!isSecret(after.kind, change.field)) return change;
    return { ...change, ...('from' in change && { from: hidden }), ...('to' in change && { to: hidden }) };
  });
}

/** Values of Secrets, and what names a person: the company in the settings. */
function isSecret(kind: string, field: string): boolean {
  if (kind === 'Secret') return /^(data|stringData)(\.|$)/.test(field);
  return kind === 'ConfigMap' && (field === 'data.COMPANY_NAME' || field === 'data');
}

function changes(from: unknown, to: unknown, field: string): readonly FieldChange[] {
  if (bookkeeping.has(field) || isDeepStrictEqual(from, to)) return [];
  const [before, after] = [partsOf(from, to), partsOf(to, from)];
  if (!before || !after) {
    return [{ field, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }];
  }
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].flatMap((key) => changes(before.get(key), after.get(key), placeOf(field, key, to)));
}

function placeOf(field: string, key: string, within: unknown): string {
  if (Array.isArray(within)) return `${field}[${key}]`;
  return field === '' ? key : `${field}.${key}`;
}

/** The fields of an object, or the entries of a list by what names them; undefined for what is compared as a whole. */
function partsOf(value: unknown, other: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || typeof other !== 'object' || other === null) return undefined;
  if (!Array.isArray(value)) return Array.isArray(other) ? undefined : new Map(Object.entries(value));
  if (!Array.isArray(other)) return undefined;
  const named = [...(value as unknown[]), ...(other as unknown[])].every(isNamed);
  const entries = value.map((entry: unknown, index): [string, unknown] => [
    named && isNamed(entry) ? entry.name : String(index),
    entry,
  ]);
  const parts = new Map(entries);
  return parts.size === entries.length ? parts : undefined;
}

function isNamed(entry: unknown): entry is { readonly name: string } {
  return typeof entry === 'object' && entry !== null && 'name' in entry && typeof entry.name === 'string';
}
