import { describeRef, refOf } from '../kubernetes/resources.js';
import type { Manifest } from './manifest.js';
import { quantityValue } from '#libs/catalogue/src/quantity.js';
import { quotaMistakes } from './quota.js';
import { schemaMistakes } from './schema.js';

export interface Mistake {
  /** `Deployment web in env-cust-2025-001-1f2e3d4c` */
  readonly object: string;
  readonly reason: string;
}

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const labelKey = /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;

/** Kinds whose names are a DNS label; the others may have dots and 253 characters. */
const labelNamed = new Set(['Namespace', 'Service']);

/** Everything that can be found wrong with a plan without asking a cluster; none when it is good. */
export function planMistakes(objects: readonly Manifest[]): readonly Mistake[] {
  const single = objects.flatMap((object) => {
    const reasons = [...nameMistakes(object), ...quantityMistakes(object, ''), ...schemaMistakes(object)];
    return reasons.map((reason) => ({ object: describeRef(refOf(object)), reason }));
  });
  return [...single, ...duplicates(objects), ...strays(objects), ...quotaMistakes(objects)];
}

function nameMistakes(object: Manifest): string[] {
  const { kind, metadata } = object;
  const { name, namespace, labels = {} } = metadata;
  const nameIsGood = labelNamed.has(kind) ? label.test(name) : isSubdomain(name);
  return [
    ...(nameIsGood ? [] : [`metadata.name "${name}" is no DNS-1123 name`]),
    ...(namespace === undefined || label.test(namespace) ? [] : [`metadata.namespace "${namespace}" is no DNS label`]),
    ...externalNameMistakes(object),
    ...Object.entries(labels).flatMap(([key, value]) => [
      ...(labelKey.test(key) ? [] : [`the label key "${key}" is malformed`]),
      ...(labelValue.test(value) ? [] : [`the value "${value}" of the label ${key} is malformed or too long`]),
    ]),
  ];
}

/** Of the page for suspended environments: the host of our own address. */
function externalNameMistakes(object: Manifest): string[] {
  const { externalName } = (object['spec'] ?? {}) as { readonly externalName?: string };
  if (externalName === undefined || isSubdomain(externalName)) return [];
  return [`spec.externalName "${externalName}" is no DNS name: PUBLIC_URL has to have one`];
}

function isSubdomain(name: string): boolean {
  return name.length <= 253 && name.split('.').every((part) => label.test(part));
}

/** Fields whose values are quantities, wherever they stand. */
const quantityFields = new Set(['requests', 'limits', 'hard', 'default', 'defaultRequest', 'max', 'min', 'capacity']);

function quantityMistakes(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]: [string, unknown]) => {
    const place = path === '' ? name : `${path}.${name}`;
    const holdsQuantities = quantityFields.has(name) && typeof field === 'object' && !Array.isArray(field);
    if (!holdsQuantities || field === null) return quantityMistakes(field, place);
    return Object.entries(field).flatMap(([resource, quantity]: [string, unknown]) =>
      quantityValue(String(quantity)) === undefined
        ? [`${place}.${resource} "${String(quantity)}" is no Kubernetes quantity`]
        : [],
    );
  });
}

function duplicates(objects: readonly Manifest[]): Mistake[] {
  const byName = Map.groupBy(objects, (object) => describeRef(refOf(object)));
  return [...byName].flatMap(([object, same]) =>
    same.length > 1 ? [{ object, reason: `it stands ${same.length} times in the plan` }] : [],
  );
}

/** Every object lies in the one namespace that the plan makes. */
function strays(objects: readonly Manifest[]): Mistake[] {
  const [namespace, ...more] = objects.filter(({ kind }) => kind === 'Namespace');
  if (!namespace || more.length > 0) return [{ object: 'Plan', reason: 'it needs exactly one Namespace' }];
  const { name } = namespace.metadata;
  return objects.flatMap((object) =>
    object === namespace || object.metadata.namespace === name
      ? []
      : [{ object: describeRef(refOf(object)), reason: `it does not lie in the namespace ${name}` }],
  );
}
