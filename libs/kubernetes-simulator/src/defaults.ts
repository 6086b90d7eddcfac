import { createHash } from 'node:crypto';
import type { Kind } from './kinds.js';
import type { Container, Json, JsonObject, KubernetesObject, PodSpec } from './objects.js';

type Fill = (spec: JsonObject, object: KubernetesObject) => JsonObject;

function withPodDefaults(spec: PodSpec): JsonObject {
  return {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
    securityContext: {},
    ...spec,
    ...(Array.isArray(spec.containers) && { containers: spec.containers.map(withContainerDefaults) }),
    ...(Array.isArray(spec.initContainers) && { initContainers: spec.initContainers.map(withContainerDefaults) }),
    ...(Array.isArray(spec.volumes) && {
      volumes: spec.volumes.map((volume) => ({
        ...volume,
        ...(volume['secret'] && { secret: { defaultMode: 420, ...(volume['secret'] as JsonObject) } }),
        ...(volume['configMap'] && { configMap: { defaultMode: 420, ...(volume['configMap'] as JsonObject) } }),
      })),
    }),
  };
}

const PROBE = { failureThreshold: 3, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1 };

function withProbeDefaults(probe: JsonObject): JsonObject {
  const httpGet = probe['httpGet'] as JsonObject | undefined;
  return { ...PROBE, ...probe, ...(httpGet && { httpGet: { path: '/', scheme: 'HTTP', ...httpGet } }) };
}

function withContainerDefaults(container: Container): Container {
  // Defaults are filled in before validation demands an image.
  const { image, resources }: Partial<Container> = container;
  const latest = !/:[^/]+$/.test(image ?? '') || image?.endsWith(':latest');
  const filled: Container = {
    imagePullPolicy: latest && !image?.includes('@') ? 'Always' : 'IfNotPresent',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    resources: {},
    ...container,
    ...(container.ports && { ports: container.ports.map((port) => ({ protocol: 'TCP', ...port })) }),
  };
  if (resources?.limits) filled.resources = { ...resources, requests: { ...resources.limits, ...resources.requests } };
  for (const probe of ['readinessProbe', 'livenessProbe', 'startupProbe']) {
    const value = container[probe];
    if (value) filled[probe] = withProbeDefaults(value as JsonObject);
  }
  return filled;
}

function withTemplateDefaults(spec: JsonObject): JsonObject {
  const template = spec['template'] as (JsonObject & { spec?: PodSpec }) | undefined;
  return template?.spec ? { template: { ...template, spec: withPodDefaults(template.spec) } } : {};
}

function clusterIp(object: KubernetesObject): string {
  const digest = createHash('sha256').update(object.metadata.uid).digest();
  return `10.${96 + (digest.readUInt8(0) % 16)}.${digest.readUInt8(1)}.${1 + (digest.readUInt8(2) % 254)}`;
}

function fillService(spec: JsonObject, object: KubernetesObject): JsonObject {
  if (spec['type'] === 'ExternalName') return fillExternalName(spec);
  const ip = spec['clusterIP'] ?? clusterIp(object);
  const ports = (spec['ports'] ?? []) as JsonObject[];
  return {
    type: 'ClusterIP',
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    ...spec,
    clusterIP: ip,
    clusterIPs: [ip],
    ports: ports.map((port) => ({ protocol: 'TCP', targetPort: port['port'], ...port })),
  };
}

/** A name elsewhere: it has no address here. */
function fillExternalName(spec: JsonObject): JsonObject {
  const ports = (spec['ports'] ?? []) as JsonObject[];
  return {
    sessionAffinity: 'None',
    ...spec,
    ...(ports.length > 0 && { ports: ports.map((port) => ({ protocol: 'TCP', targetPort: port['port'], ...port })) }),
  };
}

function fillNetworkPolicy(spec: JsonObject): JsonObject {
  return { policyTypes: spec['egress'] ? ['Ingress', 'Egress'] : ['Ingress'], ...spec };
}

function fillDeployment(spec: JsonObject): JsonObject {
  const strategy = spec['strategy'] as JsonObject | undefined;
  const rolling = { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' }, type: 'RollingUpdate' };
  return {
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    ...spec,
    strategy: strategy?.['type'] === 'Recreate' ? { type: 'Recreate' } : { ...rolling, ...strategy },
    ...withTemplateDefaults(spec),
  };
}

/** A Job makes its own selector, from its uid. */
function fillJob(spec: JsonObject, { metadata }: KubernetesObject): JsonObject {
  const { template } = withTemplateDefaults(spec) as { template?: JsonObject & { metadata?: JsonObject } };
  const uid = 'batch.kubernetes.io/controller-uid';
  const own = {
    [uid]: metadata.uid,
    'batch.kubernetes.io/job-name': metadata.name,
    'controller-uid': metadata.uid,
    'job-name': metadata.name,
  };
  const labels = { ...(template?.metadata?.['labels'] as JsonObject | undefined), ...own };
  return {
    parallelism: 1,
    completions: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    podReplacementPolicy: 'TerminatingOrFailed',
    suspend: false,
    selector: { matchLabels: { [uid]: metadata.uid } },
    ...spec,
    ...(template && { template: { ...template, metadata: { ...template.metadata, labels } } }),
  };
}

const SPEC_DEFAULTS: Record<string, Fill> = {
  Namespace: (spec) => ({ finalizers: ['kubernetes'], ...spec }),
  Pod: (spec) => withPodDefaults(spec as PodSpec),
  ReplicaSet: (spec) => ({ replicas: 1, ...spec, ...withTemplateDefaults(spec) }),
  Deployment: fillDeployment,
  Job: fillJob,
  Service: fillService,
  PersistentVolumeClaim: (spec) => ({ volumeMode: 'Filesystem', storageClassName: 'standard', ...spec }),
  NetworkPolicy: fillNetworkPolicy,
  HorizontalPodAutoscaler: (spec) => ({ minReplicas: 1, ...spec }),
};

/** First status of a new object; the controllers take it from there. */
const FIRST_STATUS: Record<string, Json> = {
  Namespace: { phase: 'Active' },
  PersistentVolumeClaim: { phase: 'Pending' },
  Pod: { phase: 'Pending' },
  ReplicaSet: { replicas: 0, readyReplicas: 0, availableReplicas: 0 },
  Service: { loadBalancer: {} },
  Ingress: { loadBalancer: {} },
};

/** Fills in what the API server fills in when a field is left out. */
export function withDefaults(kind: Kind, object: KubernetesObject): KubernetesObject {
  const filled: KubernetesObject = { ...object };
  const fill = SPEC_DEFAULTS[kind.kind];
  const spec = object['spec'] as JsonObject | undefined;
  if (fill && (spec || kind.kind === 'Namespace')) filled['spec'] = fill(spec ?? {}, object);
  const status = FIRST_STATUS[kind.kind];
  if (status !== undefined && filled['status'] === undefined) filled['status'] = status;
  if (kind.kind === 'Namespace') {
    const labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name };
    filled.metadata = { ...object.metadata, labels };
  }
  if (kind.kind === 'Secret') {
    const { stringData, ...rest } = filled;
    const encoded = Object.entries((stringData ?? {}) as Record<string, string>).map(
      ([key, value]) => [key, Buffer.from(value).toString('base64')] as const,
    );
    const data = { ...(rest['data'] as JsonObject | undefined), ...Object.fromEntries(encoded) };
    return { type: 'Opaque', ...rest, ...(Object.keys(data).length > 0 && { data }) };
  }
  return filled;
}
