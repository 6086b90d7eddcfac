import { ApiObject, type Chart } from 'cdk8s';
import { type Blueprint, names, partLabels, storageQuantity } from './blueprint.js';

const port = 8080;
const rolloutDeadlineSeconds = 120;
const userId = 10_001;

/** What the workloads read: settings, the administrator's credential, and the volume of the promised size. */
export function stores(chart: Chart, { identity, password }: Blueprint): void {
  const { company, terms, url, administrator } = identity;
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  new ApiObject(chart, 'administrator', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: names.administrator },
    type: 'Opaque',
    // Never `stringData`: with server-side apply, keys that are gone from it stay in the cluster.
    data: { username: base64(administrator), password: base64(password) },
  });
  new ApiObject(chart, 'settings', {
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
  });
  new ApiObject(chart, 'files-claim', {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: names.files },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: storageQuantity(terms.storageQuota) } },
    },
  });
}

/** The chat bot's web front, which scales, and the file server, which owns the volume. */
export function workloads(chart: Chart, blueprint: Blueprint): void {
  const { replicas } = blueprint.plan.resources;
  deployment(chart, blueprint, names.web, {
    // No `replicas`: the autoscaler owns them.
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    env: [
      { name: 'FILES_URL', value: `http://${names.files}` },
      secret('ADMINISTRATOR', 'username'),
      secret('ADMINISTRATOR_PASSWORD', 'password'),
    ],
  });
  deployment(chart, blueprint, names.files, {
    replicas: 1,
    // The volume can be mounted by one node only.
    strategy: { type: 'Recreate' },
    volume: { name: 'files', persistentVolumeClaim: { claimName: names.files } },
  });
  new ApiObject(chart, 'web-autoscaler', {
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
  });
  new ApiObject(chart, 'web-ingress', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: names.web },
    spec: {
      rules: [
        {
          host: new URL(blueprint.identity.url).hostname,
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: { service: { name: names.web, port: { name: 'http' } } } },
            ],
          },
        },
      ],
    },
  });
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
function deployment(chart: Chart, { plan }: Blueprint, part: string, workload: Workload): void {
  const { cpu, memory } = plan.resources;
  const { volume, env = [] } = workload;
  const matchLabels = partLabels(part);
  const probe = { httpGet: { path: '/', port: 'http' }, periodSeconds: 5 };
  const container = {
    name: part,
    image: plan.images[0],
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
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'scratch', mountPath: '/tmp' },
      ...(volume ? [{ name: volume.name, mountPath: '/data' }] : []),
    ],
  };
  new ApiObject(chart, `${part}-deployment`, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: part, labels: matchLabels },
    spec: {
      ...(workload.replicas !== undefined && { replicas: workload.replicas }),
      strategy: workload.strategy,
      progressDeadlineSeconds: rolloutDeadlineSeconds,
      selector: { matchLabels },
      template: {
        metadata: { labels: { ...chart.labels, ...matchLabels } },
        spec: {
          serviceAccountName: 'app',
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: userId,
            runAsGroup: userId,
            fsGroup: userId,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [container],
          volumes: [{ name: 'scratch', emptyDir: {} }, ...(volume ? [volume] : [])],
        },
      },
    },
  });
  new ApiObject(chart, `${part}-service`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: part, labels: matchLabels },
    spec: {
      type: 'ClusterIP',
      selector: matchLabels,
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 'http' }],
    },
  });
  new ApiObject(chart, `${part}-disruption-budget`, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: part },
    spec: { maxUnavailable: 1, selector: { matchLabels } },
  });
}
