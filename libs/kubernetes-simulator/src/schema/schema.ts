import { TYPES } from './types.generated.js';

/** How a list is merged: `keys` by these fields, `set` by value, `atomic` as a whole. */
export type ListMerge = { keys: string[] } | 'set' | 'atomic';

export interface Field {
  /** `string`, `number`, `boolean`, `time`, `quantity`, `IntOrString`, `any` or the name of a struct. */
  element: string;
  container: 'none' | 'list' | 'map';
  required: boolean;
  merge: ListMerge;
}

export type Struct = Map<string, Field>;

/** `x-kubernetes-list-map-keys` of the OpenAPI document, which the generated client does not carry. */
const LIST_KEYS: Record<string, string[]> = {
  'V1PodSpec.containers': ['name'],
  'V1PodSpec.initContainers': ['name'],
  'V1PodSpec.ephemeralContainers': ['name'],
  'V1PodSpec.volumes': ['name'],
  'V1PodSpec.imagePullSecrets': ['name'],
  'V1PodSpec.hostAliases': ['ip'],
  'V1PodSpec.topologySpreadConstraints': ['topologyKey', 'whenUnsatisfiable'],
  'V1Container.env': ['name'],
  'V1Container.ports': ['containerPort', 'protocol'],
  'V1Container.volumeMounts': ['mountPath'],
  'V1Container.volumeDevices': ['devicePath'],
  'V1ServiceSpec.ports': ['port', 'protocol'],
  'V1ServiceAccount.secrets': ['name'],
  'V1ObjectMeta.ownerReferences': ['uid'],
};

/** Structs and maps with `x-kubernetes-map-type: atomic`: one manager owns the whole of them. */
const ATOMIC_TYPES = new Set([
  'V1LabelSelector',
  'V1LocalObjectReference',
  'V1ObjectReference',
  'V1TypedLocalObjectReference',
  'V1RoleRef',
  'V1ConfigMapKeySelector',
  'V1SecretKeySelector',
  'V1ObjectFieldSelector',
  'V1ResourceFieldSelector',
  'V1NodeSelector',
  'V1NodeSelectorTerm',
  'V1SecretReference',
]);
const ATOMIC_FIELDS = new Set(['V1ServiceSpec.selector', 'V1PodSpec.nodeSelector']);

/** Values that a merge key takes when the field is left out. */
export const KEY_DEFAULTS: Record<string, string> = { protocol: 'TCP' };

const parsed = new Map<string, Struct>();

function parseField(type: string, text: string): [string, Field] {
  const [, name = '', required, rest = ''] = /^(\w+|\$ref|\$schema)(!?):(.+)$/.exec(text) ?? [];
  const element = rest.replace(/\[\]$/, '').replace(/^map<(.+)>$/, '$1');
  const container = rest.endsWith('[]') ? 'list' : rest.startsWith('map<') ? 'map' : 'none';
  return [name, { element, container, required: required === '!', merge: listMerge(type, name) }];
}

function listMerge(type: string, name: string): ListMerge {
  if (ATOMIC_FIELDS.has(`${type}.${name}`)) return 'atomic';
  if (type === 'V1ObjectMeta' && name === 'finalizers') return 'set';
  const keys = name === 'conditions' ? ['type'] : LIST_KEYS[`${type}.${name}`];
  return keys ? { keys } : 'atomic';
}

/** The fields of a struct, or undefined for scalars and free-form values. */
export function structOf(type: string): Struct | undefined {
  const known = parsed.get(type);
  if (known) return known;
  const source = TYPES[type];
  if (source === undefined) return undefined;
  const struct: Struct = new Map(
    source
      .split(' ')
      .filter((text) => text !== '')
      .map((text) => parseField(type, text)),
  );
  parsed.set(type, struct);
  return struct;
}

export function isAtomicStruct(type: string): boolean {
  return ATOMIC_TYPES.has(type);
}

export function isAtomicMap(type: string, field: string): boolean {
  return ATOMIC_FIELDS.has(`${type}.${field}`);
}
