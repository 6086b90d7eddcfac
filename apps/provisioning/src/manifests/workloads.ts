import { type Blueprint, names, partLabels, storageQuantity } from './blueprint.js';
import type { Manifest } from './manifest.js';

type Labels = Readonly<Record<string, string>>;

const port = 8080;
const rolloutDeadlineSeconds = 120;
const userId = 10_001;

/** What every pod of ours has, so that Pod Security `restricted` lets it in. */
export const podSettings = {
  serviceAccountName: 'app',
  automountServiceAccountToken: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: userId,
    runAsGroup: userId,
    fsGroup: userId,
    seccompProfile: { type: 'RuntimeDefault' },
  },
} as const;

export const secureContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} as const;

/** What the workloads read: settings, the administrator's credential, and the volume of the promised size. */
export function stores({ identity, password }: Pick<Blueprint, 'identity' | 'password'>): readonly Manifest[] {
  const { company, terms, url, administrator } = identity;
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: names.administrator },
      type: 'Opaque',
      // Never `stringData`: with server-side apply, keys that are gone from it stay in the cluster.
      data: { username: base64(administrator), password: base64(password) },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: names.settings },
      data: {
        COMPANY_NAME: company.name.replace(/\p{Cc}+/gu, ' '),
        LANGUAGE: company.language,
        PUBLIC_URL: url,
        REGION: terms.region,
        STORAGE_QUOTA: terms.storageQuota,
        USER_LIMIT: String(terms.userLimit),
      },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: names.files },
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: storageQuantity(terms.storageQuota) } },
      },
    },
  ];
}

/** The chat bot's web front, which scales, and the file server, which owns the volume. */
export function workloads(blueprint: Blueprint, labels: Labels): readonly Manifest[] {
  const stopped = blueprint.mode !== 'running';
  return [
    ...deployment(blueprint, labels, names.web, {
      // No `replicas` while it runs: the autoscaler owns them.
      ...(stopped && { replicas: 0 }),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      env: [
        { name: 'FILES_URL', value: `http://${names.files}` },
        secret('ADMINISTRATOR', 'username'),
        secret('ADMINISTRATOR_PASSWORD', 'password'),
      ],
    }),
    ...deployment(blueprint, labels, names.files, {
      replicas: stopped ? 0 : 1,
      // The volume can be mounted by one node only.
      strategy: { type: 'Recreate' },
      volume: { name: 'files', persistentVolumeClaim: { claimName: names.files } },
    }),
  ];
}

export function autoscaler({ plan }: Blueprint): Manifest {
  const { replicas } = plan.resources;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: names.web },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: names.web },
      minReplicas: replicas.min,
      maxReplicas: replicas.max,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
      ],
    },
  };
}

function secret(name: string, key: string): object {
  return { name, valueFrom: { secretKeyRef: { name: names.administrator, key } } };
}

interface Workload {
  readonly replicas?: number;
  readonly strategy: object;
  readonly env?: readonly object[];
  /** Mounted at `/data`. */
  readonly volume?: { readonly name: string; readonly persistentVolumeClaim: { readonly claimName: string } };
}

/** A Deployment that passes Pod Security `restricted`, with its Service and its disruption budget. */
function deployment({ plan, image }: Blueprint, labels: Labels, part: string, workload: Workload): readonly Manifest[] {
  const { cpu, memory } = plan.resources;
  const { volume, env = [] } = workload;
  const matchLabels = partLabels(part);
  const probe = { httpGet: { path: '/', port: 'http' }, periodSeconds: 5 };
  const container = {
    name: part,
    image,
    args: [part],
    ports: [{ name: 'http', containerPort: port }],
    envFrom: [{ configMapRef: { name: names.settings } }],
    env: [{ name: 'PORT', value: String(port) }, ...env],
    resources: {
      requests: { cpu: cpu.request, memory: memory.request },
      limits: { cpu: cpu.limit, memory: memory.limit },
    },
    readinessProbe: probe,
    livenessProbe: { ...probe, initialDelaySeconds: 30, periodSeconds: 20 },
    securityContext: secureContainer,
    volumeMounts: [
      { name: 'scratch', mountPath: '/tmp' },
      ...(volume ? [{ name: volume.name, mountPath: '/data' }] : []),
    ],
  };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: part, labels: matchLabels },
      spec: {
        ...(workload.replicas !== undefined && { replicas: workload.replicas }),
        strategy: workload.strategy,
        progressDeadlineSeconds: rolloutDeadlineSeconds,
        selector: { matchLabels },
        template: {
          metadata: { labels: { ...labels, ...matchLabels } },
          spec: {
            ...podSettings,
            containers: [container],
            volumes: [{ name: 'scratch', emptyDir: {} }, ...(volume ? [volume] : [])],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: part, labels: matchLabels },
      spec: {
        type: 'ClusterIP',
        selector: matchLabels,
        ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 'http' }],
      },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: part },
      spec: { maxUnavailable: 1, selector: { matchLabels } },
    },
  ];
}
