import { isDeepStrictEqual } from 'node:util';
import { forbiddenValue, invalid, invalidValue, requiredValue, type Cause } from '../api-error.js';
import type { Kind } from '../kinds.js';
import type { Deployment, Job, Json, JsonObject, KubernetesObject, Pod, ReplicaSet } from '../objects.js';
import { quantity } from '../quantity.js';
import { structOf } from '../schema/schema.js';
import { matchesSelector } from '../selectors.js';
import { checkLabels, checkMetadata, checkSubdomain } from './names.js';
import { checkPodSpec, checkPort, checkQuantities, oneOf } from './pod-spec.js';

const NON_NEGATIVE = 'must be greater than or equal to 0';
const IMMUTABLE = 'field is immutable';
const PVC_IMMUTABLE =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
const SPEC_REQUIRED = new Set([
  'Deployment',
  'ReplicaSet',
  'Job',
  'Pod',
  'PersistentVolumeClaim',
  'Service',
  'LimitRange',
]);

type Rule = (object: JsonObject & KubernetesObject) => Cause[];

const specOf = (object: KubernetesObject) => (object['spec'] ?? {}) as JsonObject;

function checkWorkload(object: KubernetesObject): Cause[] {
  const { replicas, selector, template } = (object as Deployment | ReplicaSet).spec;
  const causes: Cause[] = replicas < 0 ? [invalidValue('spec.replicas', replicas, NON_NEGATIVE)] : [];
  const labels = template.metadata?.labels;
  if (Object.keys(selector.matchLabels ?? {}).length === 0 && !selector.matchExpressions?.length) {
    causes.push(invalidValue('spec.selector', selector, 'empty selector is invalid for deployment'));
  } else if (!matchesSelector(selector, labels)) {
    causes.push(
      invalidValue('spec.template.metadata.labels', labels ?? {}, '`selector` does not match template `labels`'),
    );
  }
  causes.push(...checkLabels('spec.template.metadata.labels', labels));
  if (template.spec['restartPolicy'] !== 'Always') {
    causes.push(...oneOf('spec.template.spec.restartPolicy', template.spec['restartPolicy'], ['Always']));
  }
  return [...causes, ...checkPodSpec('spec.template.spec', template.spec)];
}

function checkJob(object: KubernetesObject): Cause[] {
  const { template } = (object as Job).spec;
  const path = 'spec.template.spec';
  const { restartPolicy } = template.spec;
  const restarts = restartPolicy === 'OnFailure' || restartPolicy === 'Never';
  const ends = 'valid values: "OnFailure", "Never"';
  return [
    ...checkLabels('spec.template.metadata.labels', template.metadata?.labels),
    ...(restarts ? [] : [requiredValue(`${path}.restartPolicy`, ends)]),
    ...checkPodSpec(path, template.spec),
  ];
}

function checkService(object: KubernetesObject): Cause[] {
  const {
    ports = [],
    type,
    externalName,
  } = specOf(object) as {
    ports?: { port: number; protocol?: string; name?: string }[];
    type?: string;
    externalName?: string;
  };
  if (type === 'ExternalName') {
    const named = externalName
      ? checkSubdomain('spec.externalName', externalName)
      : [requiredValue('spec.externalName')];
    if (named.length > 0) return named;
  } else if (ports.length === 0) return [requiredValue('spec.ports')];
  return ports.flatMap((port, index) => [
    ...(ports.length > 1 && !port.name ? [requiredValue(`spec.ports[${index}].name`)] : []),
    ...checkPort(`spec.ports[${index}].port`, port.port),
    ...oneOf(`spec.ports[${index}].protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']),
  ]);
}

function checkClaim(object: KubernetesObject): Cause[] {
  const { accessModes = [], resources } = specOf(object) as { accessModes?: string[]; resources?: JsonObject };
  const requests = resources?.['requests'] as Record<string, string> | undefined;
  const modes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
  const causes =
    accessModes.length === 0 ? [requiredValue('spec.accessModes', 'at least 1 access mode is required')] : [];
  for (const [index, mode] of accessModes.entries()) causes.push(...oneOf(`spec.accessModes[${index}]`, mode, modes));
  if (requests?.['storage'] === undefined) return [...causes, requiredValue('spec.resources[storage]')];
  causes.push(...checkQuantities('spec.resources', { storage: requests['storage'] }));
  if (causes.length === 0 && quantity(requests['storage']) === 0) {
    causes.push(invalidValue('spec.resources[storage]', requests['storage'], 'must be greater than zero'));
  }
  return causes;
}

function checkAutoscaler(object: KubernetesObject): Cause[] {
  const { minReplicas = 1, maxReplicas } = specOf(object) as { minReplicas?: number; maxReplicas: number };
  if (maxReplicas < 1) return [invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than 0')];
  const why = 'must be greater than or equal to `minReplicas`';
  return maxReplicas < minReplicas ? [invalidValue('spec.maxReplicas', maxReplicas, why)] : [];
}

function checkIngress(object: KubernetesObject): Cause[] {
  const { rules = [], defaultBackend } = specOf(object) as { rules?: JsonObject[]; defaultBackend?: Json };
  if (rules.length === 0 && !defaultBackend) {
    return [invalidValue('spec', [], 'either `defaultBackend` or `rules` must be specified')];
  }
  return rules.flatMap((rule, r) => {
    const paths = ((rule['http'] as JsonObject | undefined)?.['paths'] ?? []) as { path?: string; pathType?: string }[];
    return paths.flatMap(({ path = '', pathType }, p) => {
      const field = `spec.rules[${r}].http.paths[${p}]`;
      if (!pathType) return [requiredValue(`${field}.pathType`, 'pathType must be specified')];
      const absolute = pathType === 'ImplementationSpecific' || path.startsWith('/');
      return [
        ...oneOf(`${field}.pathType`, pathType, ['Exact', 'ImplementationSpecific', 'Prefix']),
        ...(absolute ? [] : [invalidValue(`${field}.path`, path, 'must be an absolute path')]),
      ];
    });
  });
}

function checkSecret(object: KubernetesObject): Cause[] {
  return Object.keys((object['data'] ?? {}) as JsonObject).flatMap((key) =>
    /^[-._a-zA-Z0-9]+$/.test(key)
      ? []
      : [
          invalidValue(
            `data[${key}]`,
            key,
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
          ),
        ],
  );
}

const RULES: Record<string, Rule> = {
  Deployment: checkWorkload,
  ReplicaSet: checkWorkload,
  Job: checkJob,
  Pod: (object) => checkPodSpec('spec', (object as Pod).spec),
  Service: checkService,
  PersistentVolumeClaim: checkClaim,
  HorizontalPodAutoscaler: checkAutoscaler,
  Ingress: checkIngress,
  Secret: checkSecret,
  ConfigMap: checkSecret,
  ResourceQuota: (object) => checkQuantities('spec.hard', specOf(object)['hard'] as Record<string, string>),
};

/** Required fields by the schema. Deeper rules only run when these hold. */
function missing(type: string, value: Json | undefined, path: string): Cause[] {
  const struct = structOf(type);
  if (!struct || value === null || typeof value !== 'object' || Array.isArray(value)) return [];
  return [...struct].flatMap(([name, field]) => {
    if (path === '' && (name === 'status' || name === 'metadata')) return [];
    const here = path ? `${path}.${name}` : name;
    const child = value[name];
    if (child === undefined) {
      const required = field.required || (path === '' && name === 'spec' && SPEC_REQUIRED.has(type.slice(2)));
      return required ? [requiredValue(here)] : [];
    }
    if (field.container === 'none') return missing(field.element, child, here);
    if (field.container === 'map' || !Array.isArray(child)) return [];
    return child.flatMap((item, index) => missing(field.element, item, `${here}[${index}]`));
  });
}

function changedImmutables(kind: Kind, live: KubernetesObject, next: KubernetesObject): Cause[] {
  const [before, after] = [specOf(live), specOf(next)];
  const frozen = (field: string, from: Json | undefined, to: Json | undefined) =>
    isDeepStrictEqual(from, to) ? [] : [invalidValue(field, to ?? null, IMMUTABLE)];
  switch (kind.kind) {
    case 'Deployment':
    case 'ReplicaSet':
      return frozen('spec.selector', before['selector'], after['selector']);
    case 'Job':
      return ['selector', 'template', 'completions'].flatMap((field) =>
        frozen(`spec.${field}`, before[field], after[field]),
      );
    case 'PersistentVolumeClaim':
      return checkClaimChange(live, before, after);
    case 'Service':
      return frozen('spec.clusterIPs[0]', before['clusterIP'], after['clusterIP']);
    case 'Secret':
      return frozen('type', live['type'], next['type']);
    case 'RoleBinding':
      return isDeepStrictEqual(live['roleRef'], next['roleRef'])
        ? []
        : [invalidValue('roleRef', next['roleRef'] ?? null, 'cannot change roleRef')];
    default:
      return [];
  }
}

function checkClaimChange(live: KubernetesObject, before: JsonObject, after: JsonObject): Cause[] {
  const withoutSize = ({ resources: _resources, volumeName: _volumeName, ...rest }: JsonObject) => rest;
  const size = (spec: JsonObject) =>
    quantity(((spec['resources'] as JsonObject)['requests'] as Record<string, string>)['storage']);
  const bound = (live['status'] as JsonObject | undefined)?.['phase'] === 'Bound';
  if (!isDeepStrictEqual(withoutSize(before), withoutSize(after)) || (!bound && size(before) !== size(after))) {
    return [forbiddenValue('spec', PVC_IMMUTABLE)];
  }
  const shrinks = 'field can not be less than status.capacity';
  return size(after) < size(before) ? [forbiddenValue('spec.resources.requests.storage', shrinks)] : [];
}

/** Throws 422 Invalid with every cause. */
export function validate(kind: Kind, live: KubernetesObject | undefined, next: KubernetesObject): void {
  const causes = [...checkMetadata(next), ...missing(kind.type, next, '')];
  if (causes.length === 0) causes.push(...(RULES[kind.kind]?.(next) ?? []));
  if (causes.length === 0 && live) causes.push(...changedImmutables(kind, live, next));
  if (causes.length > 0) throw invalid(kind, next.metadata.name, causes);
}
