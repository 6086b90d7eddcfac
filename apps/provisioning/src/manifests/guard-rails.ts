import { type Blueprint, names, partLabels, storageQuantity } from './blueprint.js';
import type { Manifest } from './manifest.js';
import { multiply } from '#libs/catalogue/src/quantity.js';

interface Guarded {
  readonly identity: Blueprint['identity'];
  /** Only what retires may have none. */
  readonly plan?: Blueprint['plan'];
}

/** What keeps one environment from harming others: quota, defaults, and an identity that may do next to nothing. */
export function guardRails({ identity, plan }: Guarded): readonly Manifest[] {
  return [
    ...(plan ? bounds(identity, plan) : []),
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'app' },
      automountServiceAccountToken: false,
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'app' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: [names.settings], verbs: ['get'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'app' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'app' },
      subjects: [{ kind: 'ServiceAccount', name: 'app', namespace: identity.namespace }],
    },
  ];
}

function bounds(identity: Blueprint['identity'], plan: Blueprint['plan']): readonly Manifest[] {
  const { replicas, cpu, memory } = plan.resources;
  // One more web pod while a rollout runs, and the file server.
  const pods = replicas.max + 2;
  return [
    {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'plan' },
      spec: {
        hard: {
          pods: String(pods),
          'requests.cpu': multiply(cpu.request, pods),
          'requests.memory': multiply(memory.request, pods),
          'limits.cpu': multiply(cpu.limit, pods),
          'limits.memory': multiply(memory.limit, pods),
          persistentvolumeclaims: '1',
          'requests.storage': storageQuantity(identity.terms.storageQuota),
          'services.loadbalancers': '0',
          'services.nodeports': '0',
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'defaults' },
      spec: {
        limits: [
          {
            type: 'Container',
            defaultRequest: { cpu: cpu.request, memory: memory.request },
            default: { cpu: cpu.limit, memory: memory.limit },
          },
        ],
      },
    },
  ];
}

/** Nothing may talk to anything, but for these openings. */
export function networkPolicies(): readonly Manifest[] {
  const policy = (name: string, spec: object): Manifest => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name },
    spec,
  });
  const pods = (part: string): object => ({ podSelector: { matchLabels: partLabels(part) } });
  const namespace = (name: string): object => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
  });
  const tcp = (port: number | string): object => ({ protocol: 'TCP', port });

  return [
    policy('default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
    policy('allow-dns', {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [{ to: [namespace('kube-system')], ports: [{ protocol: 'UDP', port: 53 }, tcp(53)] }],
    }),
    policy('allow-visitors', {
      ...pods(names.web),
      policyTypes: ['Ingress'],
      ingress: [{ from: [namespace('ingress-nginx')], ports: [tcp('http')] }],
    }),
    policy('allow-web-to-files', {
      ...pods(names.files),
      policyTypes: ['Ingress'],
      ingress: [{ from: [pods(names.web)], ports: [tcp('http')] }],
    }),
    policy('allow-web-out', {
      ...pods(names.web),
      policyTypes: ['Egress'],
      egress: [
        { to: [pods(names.files)], ports: [tcp('http')] },
        // The chat bot's language model is outside; the cluster's own networks stay out of reach.
        {
          to: [
            {
              ipBlock: {
                cidr: '0.0.0.0/0',
                except: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'],
              },
            },
          ],
          ports: [tcp(443)],
        },
      ],
    }),
  ];
}
