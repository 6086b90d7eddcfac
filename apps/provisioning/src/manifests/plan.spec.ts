import { describe, expect, it } from 'vitest';
import { erased } from '#libs/events/src/erased.js';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import type { EnvironmentIdentity } from '../domain/environment.js';
import { abcEnvironment } from '../spec-environment.js';
import type { Manifest } from './manifest.js';
import { planEnvironment } from './plan.js';
import { planMistakes } from './validate.js';

const { plans } = loadCatalogue();
const password = 'correct horse battery staple';

function plan(changes: Partial<EnvironmentIdentity> = {}, secret = password) {
  const whole = { ...abcEnvironment, ...changes };
  const sold = plans[whole.terms.plan];
  if (!sold) throw new Error(`The catalogue has no plan ${whole.terms.plan}.`);
  const image = 'registry.example/app:1';
  const publicUrl = 'https://keiyaku.example';
  return planEnvironment({ mode: 'running', identity: whole, plan: sold, image, password: secret, publicUrl });
}

function find(kind: string, name: string): Manifest | undefined {
  return plan().objects.find((object) => object.kind === kind && object.metadata.name === name);
}

describe('the plan of an environment', () => {
  it('has these objects, in the order of their waves', () => {
    expect(plan().objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'Namespace env-cust-2025-001-1f2e3d4c',
      'ResourceQuota plan',
      'LimitRange defaults',
      'ServiceAccount app',
      'Role app',
      'RoleBinding app',
      'NetworkPolicy default-deny',
      'NetworkPolicy allow-dns',
      'NetworkPolicy allow-visitors',
      'NetworkPolicy allow-web-to-files',
      'NetworkPolicy allow-web-out',
      'Secret administrator',
      'ConfigMap settings',
      'PersistentVolumeClaim files',
      'Service web',
      'Service files',
      'Deployment web',
      'Deployment files',
      'PodDisruptionBudget web',
      'PodDisruptionBudget files',
      'HorizontalPodAutoscaler web',
      'Ingress web',
    ]);
  });

  it('labels every object with its environment and customer', () => {
    for (const { metadata } of plan().objects) {
      expect(metadata.labels).toMatchObject({
        'app.kubernetes.io/managed-by': 'keiyaku',
        'keiyaku.dev/environment': abcEnvironment.environmentId,
        'keiyaku.dev/customer': 'CUST-2025-001',
      });
    }
  });

  it('lets only restricted pods into the namespace', () => {
    expect(find('Namespace', abcEnvironment.namespace)?.metadata).toMatchObject({
      labels: {
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      },
    });
    for (const name of ['web', 'files']) {
      expect(find('Deployment', name)).toMatchObject({
        spec: {
          template: {
            spec: {
              automountServiceAccountToken: false,
              securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
              containers: [{ securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
            },
          },
        },
      });
    }
  });

  it('bounds the namespace by what the plan allows at full scale', () => {
    expect(find('ResourceQuota', 'plan')?.['spec']).toEqual({
      hard: {
        pods: '12',
        'requests.cpu': '6000m',
        'requests.memory': '12Gi',
        'limits.cpu': '24',
        'limits.memory': '24Gi',
        persistentvolumeclaims: '1',
        'requests.storage': '1T',
        'services.loadbalancers': '0',
        'services.nodeports': '0',
      },
    });
    expect(find('PersistentVolumeClaim', 'files')?.['spec']).toMatchObject({
      resources: { requests: { storage: '1T' } },
    });
  });

  it('leaves the replicas of web to its autoscaler', () => {
    expect(find('Deployment', 'web')?.['spec']).not.toHaveProperty('replicas');
    expect(find('HorizontalPodAutoscaler', 'web')?.['spec']).toMatchObject({ minReplicas: 3, maxReplicas: 10 });
  });

  it('denies all traffic but the openings', () => {
    expect(find('NetworkPolicy', 'default-deny')?.['spec']).toEqual({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    });
  });

  it('keeps the password in the Secret alone, as data', () => {
    const holders = plan().objects.filter((object) => {
      const text = JSON.stringify(object);
      return text.includes(password) || text.includes(Buffer.from(password).toString('base64'));
    });
    expect(holders).toHaveLength(1);
    expect(holders[0]).toMatchObject({ kind: 'Secret', data: { password: Buffer.from(password).toString('base64') } });
    expect(holders[0]).not.toHaveProperty('stringData');
  });

  it('is the same for the same input, whatever the password', () => {
    expect(plan()).toEqual(plan());
    expect(plan({}, 'another').hash).toBe(plan().hash);
  });

  it('has the same hash once its contact is erased', () => {
    const company = { ...abcEnvironment.company, name: erased, email: erased };
    expect(plan({ company, administrator: erased }).hash).toBe(plan().hash);
  });

  it('has the hash that is on record for it: the same plan is not planned anew', () => {
    expect(plan().hash).toBe('acfc1698cd3b38030f8b7405d5ce5623e50ae336b6cea0ec4d3681070adf2620');
  });

  it('has another hash when anything else changes', () => {
    expect(plan({ url: 'https://other.your-service.com' }).hash).not.toBe(plan().hash);
  });

  it.each(['starter', 'business', 'enterprise'])('passes the offline checks on the plan %s', (name) => {
    expect(planMistakes(plan({ terms: { ...abcEnvironment.terms, plan: name } }).objects)).toEqual([]);
  });

  it.each([
    '"Ünïcode 株式会社; rm -rf"',
    '../../etc/passwd',
    '{{ customer_id }}',
    '\u0000\u2028\n---\nkind: ClusterRole',
    'x'.repeat(5_000),
  ])('takes the hostile company %j and external id as data', (name) => {
    const hostile = plan({ company: { ...abcEnvironment.company, name }, externalId: name });
    expect(planMistakes(hostile.objects)).toEqual([]);
    expect(hostile.objects).toHaveLength(plan().objects.length);
  });
});
