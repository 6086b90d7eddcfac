import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/resources.js';
import { diff, hidden } from './diff.js';

const web = (image: string, more: Record<string, unknown> = {}): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'env-abc', ...more },
  spec: { replicas: 1, template: { spec: { containers: [{ name: 'web', image, args: ['web', 'fast'] }] } } },
  status: { replicas: 1 },
});
const map = (data: Record<string, unknown>, kind = 'ConfigMap'): KubernetesObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'settings', namespace: 'env-abc' },
  data,
});
const fields = (before: KubernetesObject, after: KubernetesObject) =>
  diff([{ before, after }]).change.flatMap((change) => change.fields);

describe('the difference between what stands and what is wanted', () => {
  it('is nothing when both are the same', () => {
    expect(diff([{ before: web('app:1'), after: web('app:1') }])).toEqual({ create: [], change: [] });
  });

  it('names what does not stand yet', () => {
    const name = { kind: 'Deployment', name: 'web', namespace: 'env-abc' };
    expect(diff([{ before: undefined, after: web('app:1') }])).toEqual({ create: [name], change: [] });
  });

  it('names each field with both values, entries of lists by their name', () => {
    expect(diff([{ before: web('app:1'), after: web('app:2') }]).change).toEqual([
      {
        kind: 'Deployment',
        name: 'web',
        namespace: 'env-abc',
        fields: [{ field: 'spec.template.spec.containers[web].image', from: 'app:1', to: 'app:2' }],
      },
    ]);
  });

  it('tells a field that comes or goes from one that changes', () => {
    expect(fields(map({ A: '1', B: '2' }), map({ B: '3', C: '4' }))).toEqual([
      { field: 'data.A', from: '1' },
      { field: 'data.B', from: '2', to: '3' },
      { field: 'data.C', to: '4' },
    ]);
  });

  it('finds an entry that comes into a list, and one that changes its place without a name', () => {
    const ports = (...list: object[]) => ({ ...map({}), spec: { ports: list } });
    expect(
      fields(ports({ name: 'http', port: 80 }), ports({ name: 'tls', port: 443 }, { name: 'http', port: 80 })),
    ).toEqual([{ field: 'spec.ports[tls]', to: { name: 'tls', port: 443 } }]);
    expect(fields(ports({ port: 80 }), ports({ port: 81 }))).toEqual([
      { field: 'spec.ports[0].port', from: 80, to: 81 },
    ]);
  });

  it('leaves out the status and what the server keeps for itself', () => {
    const before = web('app:1', { resourceVersion: '1', generation: 1, managedFields: [], uid: 'a' });
    const after = {
      ...web('app:1', { resourceVersion: '2', generation: 2, managedFields: [{}], uid: 'a' }),
      status: {},
    };
    expect(fields(before, after)).toEqual([]);
  });

  it('never shows a value of a secret, only that it changes', () => {
    expect(fields(map({ password: 'b2xk', gone: 'YQ==' }, 'Secret'), map({ password: 'bmV3' }, 'Secret'))).toEqual([
      { field: 'data.password', from: hidden, to: hidden },
      { field: 'data.gone', from: hidden },
    ]);
    const { data: _data, ...without } = map({}, 'Secret');
    expect(fields(without, map({ password: 'bmV3' }, 'Secret'))).toEqual([{ field: 'data', to: hidden }]);
  });

  it('never shows the copy of a secret that a tool left in an annotation, nor the name of a company', () => {
    const noted = (value: string) => {
      const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': value };
      return { ...map({}, 'Secret'), metadata: { name: 'settings', namespace: 'env-abc', annotations } };
    };
    expect(fields(noted('b2xk'), noted('bmV3'))).toEqual([]);
    expect(fields(map({ COMPANY_NAME: 'ABC' }), map({ COMPANY_NAME: 'XYZ' }))).toEqual([
      { field: 'data.COMPANY_NAME', from: hidden, to: hidden },
    ]);
  });
});
