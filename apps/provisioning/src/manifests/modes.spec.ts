import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import { abcEnvironment } from '../spec-environment.js';
import { applySetId, memberLabel } from './apply-set.js';
import type { EnvironmentMode } from '../domain/environment.js';
import type { Manifest } from './manifest.js';
import { planEnvironment } from './plan.js';
import { planMistakes } from './validate.js';

const { namespace } = abcEnvironment;
const plan = loadCatalogue().plans[abcEnvironment.terms.plan];

function objects(mode: EnvironmentMode, publicUrl = 'https://keiyaku.example:8443'): readonly Manifest[] {
  if (!plan) throw new Error('The catalogue has no such plan.');
  const image = 'registry.example/app:1';
  return planEnvironment({ mode, identity: abcEnvironment, plan, image, password: 'secret', publicUrl }).objects;
}

const named = (mode: EnvironmentMode): string[] =>
  objects(mode).map(({ kind, metadata }) => `${kind} ${metadata.name}`);

function find(mode: EnvironmentMode, kind: string, name: string, publicUrl?: string): Manifest | undefined {
  return objects(mode, publicUrl).find((object) => object.kind === kind && object.metadata.name === name);
}

describe('a suspended environment', () => {
  it('differs from a running one by its autoscaler and what shows the page', () => {
    const [running, suspended] = [named('running'), named('suspended')];
    expect(running.filter((object) => !suspended.includes(object))).toEqual(['HorizontalPodAutoscaler web']);
    expect(suspended.filter((object) => !running.includes(object))).toEqual(['Service suspended']);
  });

  it.each(['web', 'files'])('has no pod of %s, and changes nothing else of it', (name) => {
    const running = find('running', 'Deployment', name);
    const spec = { ...(running?.['spec'] as object), replicas: 0 };
    expect(find('suspended', 'Deployment', name)).toEqual({ ...running, spec });
  });

  it.each(['ResourceQuota plan', 'PersistentVolumeClaim files', 'Secret administrator'])(
    'keeps %s as it is',
    (object) => {
      const [kind = '', name = ''] = object.split(' ');
      expect(find('suspended', kind, name)).toEqual(find('running', kind, name));
    },
  );

  it('shows our page under each of its paths', () => {
    expect(find('suspended', 'Service', 'suspended')?.['spec']).toEqual({
      type: 'ExternalName',
      externalName: 'keiyaku.example',
      ports: [{ name: 'http', protocol: 'TCP', port: 8443, targetPort: 8443 }],
    });
    const entrance = find('suspended', 'Ingress', 'web');
    expect(entrance?.metadata.annotations).toEqual({
      'nginx.ingress.kubernetes.io/backend-protocol': 'HTTPS',
      'nginx.ingress.kubernetes.io/upstream-vhost': 'keiyaku.example:8443',
      'nginx.ingress.kubernetes.io/rewrite-target': '/suspended',
      'nginx.ingress.kubernetes.io/proxy-ssl-server-name': 'on',
      'nginx.ingress.kubernetes.io/proxy-ssl-name': 'keiyaku.example',
    });
    const backend = { service: { name: 'suspended', port: { number: 8443 } } };
    expect(entrance?.['spec']).toEqual({
      rules: [
        {
          host: 'abc-corporation.your-service.com',
          http: { paths: [{ path: '/', pathType: 'Prefix', backend }] },
        },
      ],
    });
  });

  it.each([
    ['http://keiyaku.example', 80, 'HTTP', 'keiyaku.example'],
    ['https://keiyaku.example', 443, 'HTTPS', 'keiyaku.example'],
    ['http://127.0.0.1:3000', 3000, 'HTTP', '127.0.0.1:3000'],
  ])('finds the page at %s', (publicUrl, port, protocol, host) => {
    expect(find('suspended', 'Service', 'suspended', publicUrl)).toMatchObject({ spec: { ports: [{ port }] } });
    expect(find('suspended', 'Ingress', 'web', publicUrl)?.metadata.annotations).toMatchObject({
      'nginx.ingress.kubernetes.io/backend-protocol': protocol,
      'nginx.ingress.kubernetes.io/upstream-vhost': host,
    });
  });

  it('can not be reached by an address that is no name', () => {
    expect(planMistakes(objects('suspended', 'http://[::1]:3000'))).toEqual([
      {
        object: `Service suspended in ${namespace}`,
        reason: 'spec.externalName "[::1]" is no DNS name: PUBLIC_URL has to have one',
      },
    ]);
  });
});

describe('a retired environment', () => {
  it('keeps its guard rails and what its customer owns', () => {
    expect(named('retired').filter((object) => !object.startsWith('NetworkPolicy'))).toEqual([
      `Namespace ${namespace}`,
      'ResourceQuota plan',
      'LimitRange defaults',
      'ServiceAccount app',
      'Role app',
      'RoleBinding app',
      'Secret administrator',
      'ConfigMap settings',
      'PersistentVolumeClaim files',
    ]);
  });
});

describe.each(['running', 'suspended', 'retired'] as const)('the plan of an environment that is %s', (mode) => {
  it('passes the offline checks', () => {
    expect(planMistakes(objects(mode))).toEqual([]);
  });

  it('has its own hash', () => {
    const others = (['running', 'suspended', 'retired'] as const).filter((other) => other !== mode);
    if (!plan) throw new Error('The catalogue has no such plan.');
    const rest = { identity: abcEnvironment, plan, image: 'a:1', password: 'x', publicUrl: 'https://keiyaku.example' };
    const hashOf = (one: EnvironmentMode) => planEnvironment({ mode: one, ...rest }).hash;
    expect(others.map(hashOf)).not.toContain(hashOf(mode));
  });
});

describe('membership', () => {
  const id = applySetId(namespace);

  it('has the id that the name of the parent makes', () => {
    expect(id).toMatch(/^applyset-[A-Za-z0-9_-]{43}-v1$/);
    expect(applySetId('env-other')).not.toBe(id);
  });

  it('stands on the settings, which list every kind of every mode', () => {
    const settings = find('running', 'ConfigMap', 'settings');
    expect(settings?.metadata.labels?.['applyset.kubernetes.io/id']).toBe(id);
    expect(settings?.metadata.labels).not.toHaveProperty([memberLabel]);
    expect(settings?.metadata.annotations?.['applyset.kubernetes.io/tooling']).toBe('keiyaku/1.0.0');
    const listed = settings?.metadata.annotations?.['applyset.kubernetes.io/contains-group-kinds']?.split(',');
    const planned = (['running', 'suspended', 'retired'] as const)
      .flatMap((mode) => objects(mode))
      .filter(({ kind }) => kind !== 'Namespace')
      .map(({ apiVersion, kind }) => (apiVersion === 'v1' ? kind : `${kind}.${apiVersion.split('/')[0] ?? ''}`));
    expect(listed).toEqual([...new Set(planned)].toSorted());
  });

  it('is said of every other object of the namespace, and of no pod', () => {
    const running = objects('running');
    const [members = [], others = []] = [true, false].map((member) =>
      running.filter(({ metadata }) => (metadata.labels?.[memberLabel] === id) === member),
    );
    expect(others.map(({ kind }) => kind)).toEqual(['Namespace', 'ConfigMap']);
    const templates = members.map(({ spec }) => JSON.stringify((spec as { template?: object } | undefined)?.template));
    expect(templates.filter(Boolean)).toHaveLength(2);
    expect(templates.join()).not.toContain('applyset');
  });
});
