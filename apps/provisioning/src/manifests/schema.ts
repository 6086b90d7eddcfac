/** What a kind looks like, offline: the official schemas for types, our client's models for names of fields. */
import * as models from '@kubernetes/client-node';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { Role } from 'kubernetes-models/rbac.authorization.k8s.io/v1/Role';
import { RoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { LimitRange } from 'kubernetes-models/v1/LimitRange';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { ResourceQuota } from 'kubernetes-models/v1/ResourceQuota';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import type { Manifest } from './manifest.js';

type Validated = new (object: never) => { validate: () => void };

const schemas: Readonly<Record<string, { readonly schema: Validated; readonly model: string }>> = {
  'v1 ConfigMap': { schema: ConfigMap, model: 'V1ConfigMap' },
  'v1 LimitRange': { schema: LimitRange, model: 'V1LimitRange' },
  'v1 Namespace': { schema: Namespace, model: 'V1Namespace' },
  'v1 PersistentVolumeClaim': { schema: PersistentVolumeClaim, model: 'V1PersistentVolumeClaim' },
  'v1 ResourceQuota': { schema: ResourceQuota, model: 'V1ResourceQuota' },
  'v1 Secret': { schema: Secret, model: 'V1Secret' },
  'v1 Service': { schema: Service, model: 'V1Service' },
  'v1 ServiceAccount': { schema: ServiceAccount, model: 'V1ServiceAccount' },
  'apps/v1 Deployment': { schema: Deployment, model: 'V1Deployment' },
  'autoscaling/v2 HorizontalPodAutoscaler': { schema: HorizontalPodAutoscaler, model: 'V2HorizontalPodAutoscaler' },
  'batch/v1 Job': { schema: Job, model: 'V1Job' },
  'networking.k8s.io/v1 Ingress': { schema: Ingress, model: 'V1Ingress' },
  'networking.k8s.io/v1 NetworkPolicy': { schema: NetworkPolicy, model: 'V1NetworkPolicy' },
  'policy/v1 PodDisruptionBudget': { schema: PodDisruptionBudget, model: 'V1PodDisruptionBudget' },
  'rbac.authorization.k8s.io/v1 Role': { schema: Role, model: 'V1Role' },
  'rbac.authorization.k8s.io/v1 RoleBinding': { schema: RoleBinding, model: 'V1RoleBinding' },
};

/** Missing fields, wrong types, wrong enums, and fields that the kind does not have. */
export function schemaMistakes(object: Manifest): readonly string[] {
  const known = schemas[`${object.apiVersion} ${object.kind}`];
  if (!known) return [`${object.apiVersion} ${object.kind} is a kind that is not checked here`];
  return [...typeMistakes(object, known.schema), ...unknownFields(object, known.model, '')];
}

function typeMistakes(object: Manifest, schema: Validated): string[] {
  try {
    new schema(object as never).validate();
    return [];
  } catch (error) {
    if (!isSchemaError(error)) throw error;
    return error.errors.map(({ instancePath, message }) => `${dotted(instancePath)} ${message ?? 'is wrong'}`);
  }
}

interface SchemaError {
  readonly errors: readonly { readonly instancePath: string; readonly message?: string }[];
}

function isSchemaError(error: unknown): error is SchemaError {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

/** `/spec/ports/0/port` is `spec.ports[0].port` */
function dotted(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

function unknownFields(value: unknown, type: string, path: string): string[] {
  const [, element] = /^Array<(.+)>$/.exec(type) ?? [];
  if (element !== undefined) {
    if (!Array.isArray(value)) return [];
    return value.flatMap((entry: unknown, index) => unknownFields(entry, element, `${path}[${index}]`));
  }
  const attributes = attributesOf(type);
  if (!attributes || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const place = path === '' ? name : `${path}.${name}`;
    const attribute = attributes.find(({ baseName }) => baseName === name);
    return attribute ? unknownFields(field, attribute.type, place) : [`${place} is no field of this kind`];
  });
}

function attributesOf(type: string): readonly Attribute[] | undefined {
  const model = (models as Readonly<Record<string, unknown>>)[type];
  if (typeof model !== 'function' || !('getAttributeTypeMap' in model)) return undefined;
  return (model as unknown as { getAttributeTypeMap: () => readonly Attribute[] }).getAttributeTypeMap();
}
