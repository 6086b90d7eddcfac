import { describe, expect, it } from 'vitest';
import { refOf, type KubernetesObject } from '#apps/provisioning/src/kubernetes/resources.js';
import { FIELD_MANAGER, refusal, useCluster } from './cluster.js';
import { configMap, deployment } from './manifests.js';

interface ManagedFields {
  manager: string;
  operation: string;
  fieldsV1: unknown;
}

const managersOf = (object: KubernetesObject) => object.metadata.managedFields as ManagedFields[];
const containerOf = (object: KubernetesObject) =>
  (object['spec'] as { template: { spec: { containers: Record<string, unknown>[] } } }).template.spec.containers[0];

describe('server-side apply', () => {
  const cluster = useCluster();
  const mine = { fieldManager: FIELD_MANAGER };
  const theirs = { fieldManager: 'somebody-else' };

  it('creates, and records who owns which field', async () => {
    const namespace = await cluster.namespace();
    const { object, outcome } = await cluster.client.apply(configMap(namespace, 'one', { a: '1' }), mine);
    expect(outcome).toBe('created');
    expect(managersOf(object)).toMatchObject([
      { manager: FIELD_MANAGER, operation: 'Apply', fieldsV1: { 'f:data': { 'f:a': {} } } },
    ]);
  });

  it('keeps resourceVersion and generation when nothing changes', async () => {
    const namespace = await cluster.namespace();
    const manifest = deployment(namespace, { replicas: 0 });
    await cluster.apply(manifest);
    const again = await cluster.client.apply(manifest, { ...mine, compare: true });
    expect(again.outcome).toBe('unchanged');
    expect(again.object.metadata.generation).toBe(1);

    const settled = configMap(namespace, 'settled', { a: '1' });
    const first = await cluster.apply(settled);
    const second = await cluster.apply(settled);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it('raises the generation when the spec changes, not when labels do', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(deployment(namespace, { replicas: 0 }));
    const changed = await cluster.client.apply(
      deployment(namespace, { replicas: 0, image: 'registry.example/web:2' }),
      mine,
    );
    expect(changed).toMatchObject({ outcome: 'configured', object: { metadata: { generation: 2 } } });

    const labelled = deployment(namespace, { replicas: 0, image: 'registry.example/web:2' });
    labelled.metadata.labels = { app: 'web', tier: 'front' };
    expect((await cluster.apply(labelled)).metadata.generation).toBe(2);
  });

  it('removes fields that the manager no longer applies', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(configMap(namespace, 'one', { a: '1', b: '2' }));
    expect((await cluster.apply(configMap(namespace, 'one', { a: '1' })))['data']).toEqual({ a: '1' });
  });

  it('keeps a field that another manager applies too', async () => {
    const namespace = await cluster.namespace();
    const both = configMap(namespace, 'one', { a: '1', b: '2' });
    await cluster.apply(both);
    await cluster.client.apply(both, theirs);
    expect((await cluster.apply(configMap(namespace, 'one', { a: '1' })))['data']).toEqual({ a: '1', b: '2' });
  });

  it('merges containers by name, variables by name and ports by number and protocol', async () => {
    const namespace = await cluster.namespace();
    const env = (...names: string[]) => names.map((name) => ({ name, value: '1' }));
    const ports = (...numbers: number[]) => numbers.map((containerPort) => ({ containerPort }));
    const options = (container: Record<string, unknown>) => ({ replicas: 0, container });
    await cluster.apply(deployment(namespace, options({ env: env('A', 'B'), ports: ports(80, 81) })));
    await cluster.client.apply(deployment(namespace, options({ env: env('A', 'X'), ports: ports(90) })), theirs);
    const merged = await cluster.apply(deployment(namespace, options({ env: env('A', 'C'), ports: ports(81) })));
    const { env: variables, ports: numbers } = containerOf(merged) as {
      env: { name: string }[];
      ports: { containerPort: number; protocol: string }[];
    };
    expect(variables.map(({ name }) => name).toSorted()).toEqual(['A', 'C', 'X']);
    expect(numbers.map(({ containerPort }) => String(containerPort)).toSorted()).toEqual(['81', '90']);
    expect(numbers.every(({ protocol }) => protocol === 'TCP')).toBe(true);
  });

  it('replaces other lists as a whole', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(deployment(namespace, { replicas: 0, container: { args: ['a', 'b'] } }));
    const changed = await cluster.apply(deployment(namespace, { replicas: 0, container: { args: ['c'] } }));
    expect(containerOf(changed)?.['args']).toEqual(['c']);
  });

  it('answers 409 and names the manager and the field', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(deployment(namespace, { replicas: 0 }));
    const error = await refusal(cluster.client.apply(deployment(namespace, { replicas: 2 }), theirs));
    expect(error).toMatchObject({ status: 409, reason: 'Conflict' });
    expect(error.causes).toMatchObject([{ reason: 'FieldManagerConflict', field: '.spec.replicas' }]);
    expect(error.causes[0]?.message).toContain(FIELD_MANAGER);
  });

  it('takes the field over with force', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(configMap(namespace, 'one', { a: '1' }));
    const taken = await cluster.client.apply(configMap(namespace, 'one', { a: '2' }), { ...theirs, force: true });
    expect(taken.object['data']).toEqual({ a: '2' });
    const owner = managersOf(taken.object).filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes('f:a'));
    expect(owner.map(({ manager }) => manager)).toEqual(['somebody-else']);
  });

  it('shares a field whose value both managers agree on', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(configMap(namespace, 'one', { a: '1' }));
    const { object } = await cluster.client.apply(configMap(namespace, 'one', { a: '1' }), theirs);
    expect(managersOf(object)).toHaveLength(2);
  });

  it('stores nothing in a dry run', async () => {
    const namespace = await cluster.namespace();
    const manifest = configMap(namespace, 'one', { a: '1' });
    expect((await cluster.client.apply(manifest, { ...mine, dryRun: true })).outcome).toBe('created');
    expect(await cluster.client.get(refOf(manifest))).toBeUndefined();

    await cluster.apply(manifest);
    const preview = await cluster.client.apply(configMap(namespace, 'one', { a: '2' }), { ...mine, dryRun: true });
    expect(preview).toMatchObject({ outcome: 'configured', object: { data: { a: '2' } } });
    expect((await cluster.client.get(refOf(manifest)))?.['data']).toEqual({ a: '1' });
  });

  it('accepts a cluster-scoped object that carries a namespace', async () => {
    const name = await cluster.namespace();
    const metadata = { name, namespace: 'elsewhere' };
    expect((await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata })).metadata.namespace).toBeUndefined();
  });

  it('removes a key of a Secret applied as data, and keeps one applied as stringData', async () => {
    const namespace = await cluster.namespace();
    const secret = (name: string, more: object) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      ...more,
    });
    await cluster.apply(secret('encoded', { data: { a: 'MQ==', b: 'Mg==' } }));
    expect((await cluster.apply(secret('encoded', { data: { a: 'MQ==' } })))['data']).toEqual({ a: 'MQ==' });

    await cluster.apply(secret('plain', { stringData: { a: '1', b: '2' } }));
    const left = await cluster.apply(secret('plain', { stringData: { a: '1' } }));
    expect(left['data']).toEqual({ a: 'MQ==', b: 'Mg==' });
  });
});
