import type { KubernetesObject } from '#apps/provisioning/src/kubernetes/resources.js';

export const RESTRICTED = { 'pod-security.kubernetes.io/enforce': 'restricted' };

export const SECURE_POD = { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } };
export const SECURE_CONTAINER = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

export interface DeploymentOptions {
  name?: string;
  replicas?: number;
  image?: string;
  secure?: boolean;
  container?: Record<string, unknown>;
  pod?: Record<string, unknown>;
  spec?: Record<string, unknown>;
}

export function podSpec(options: DeploymentOptions = {}): Record<string, unknown> {
  const { image = 'registry.example/web:1', secure = false, container = {}, pod = {} } = options;
  return {
    ...(secure && { securityContext: SECURE_POD }),
    containers: [{ name: 'web', image, ...(secure && { securityContext: SECURE_CONTAINER }), ...container }],
    ...pod,
  };
}

export function deployment(namespace: string, options: DeploymentOptions = {}): KubernetesObject {
  const { name = 'web', replicas = 1, spec = {} } = options;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: podSpec(options) },
      ...spec,
    },
  };
}

export function pod(namespace: string, options: DeploymentOptions = {}): KubernetesObject {
  const { name = 'single' } = options;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec: podSpec(options) };
}

export function quota(namespace: string, hard: Record<string, string>): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'plan', namespace }, spec: { hard } };
}

export function configMap(
  namespace: string,
  name: string,
  data: Record<string, string>,
  labels = {},
): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data };
}

export function claim(namespace: string, storage = '1Gi'): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
  };
}

export function service(namespace: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}
