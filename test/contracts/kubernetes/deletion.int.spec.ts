import { describe, expect, it } from 'vitest';
import { refOf, type KubernetesObject } from '#apps/provisioning/src/kubernetes/resources.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { refusal, useCluster, withoutKubelet } from './cluster.js';
import { claim, configMap, deployment } from './manifests.js';

const hold = 'keiyaku.dev/hold';

describe('deletion', () => {
  const cluster = useCluster();

  const held = (namespace: string, finalizers: string[] = [hold]): KubernetesObject => {
    const object = configMap(namespace, 'held', { a: '1' });
    return { ...object, metadata: { ...object.metadata, ...(finalizers.length > 0 && { finalizers }) } };
  };
  const namespaceOf = (name: string) => cluster.client.get({ apiVersion: 'v1', kind: 'Namespace', name });
  const isGone = (object: KubernetesObject, timeoutMs = 30_000) =>
    eventually(async () => expect(await cluster.client.get(refOf(object))).toBeUndefined(), { timeoutMs });

  it('answers whether there was anything', async () => {
    const namespace = await cluster.namespace();
    const one = await cluster.apply(configMap(namespace, 'one', {}));
    expect(await cluster.client.delete(refOf(one))).toBe(true);
    expect(await cluster.client.delete(refOf(one))).toBe(false);
    expect(await cluster.client.delete({ ...refOf(one), namespace: 'contract-never' })).toBe(false);
  });

  it('spares another object of the same name, and says that it is another one', async () => {
    const namespace = await cluster.namespace();
    const first = await cluster.apply(configMap(namespace, 'one', {}));
    await cluster.client.delete(refOf(first));
    const second = await cluster.apply(configMap(namespace, 'one', {}));
    const error = await refusal(cluster.client.delete(refOf(second), { uid: first.metadata.uid }));
    expect(error).toMatchObject({ status: 409, reason: 'Conflict' });
    expect(error.message).toMatch(/UID in (the )?precondition/);
    expect(await cluster.client.delete(refOf(second), { uid: second.metadata.uid })).toBe(true);
  });

  it('spares an object that was changed since', async () => {
    const namespace = await cluster.namespace();
    const { metadata } = await cluster.apply(configMap(namespace, 'one', { a: '1' }));
    const changed = await cluster.apply(configMap(namespace, 'one', { a: '2' }));
    const { uid, resourceVersion } = metadata;
    const error = await refusal(cluster.client.delete(refOf(changed), { uid, resourceVersion }));
    expect(error).toMatchObject({ status: 409, reason: 'Conflict' });
    expect(error.message).toMatch(/ResourceVersion in (the )?precondition/);
  });

  it('waits for whoever holds a finalizer', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(held(namespace));
    expect(await cluster.client.delete(refOf(held(namespace)))).toBe(true);
    const waiting = await cluster.client.get(refOf(held(namespace)));
    expect(waiting?.metadata).toMatchObject({ finalizers: [hold], deletionTimestamp: expect.any(String) });
    await cluster.apply(held(namespace, []));
    await isGone(held(namespace));
  });

  it('deletes what an object owns before the object, when asked to', async () => {
    const namespace = await cluster.namespace();
    const web = await cluster.apply(deployment(namespace));
    await eventually(async () => {
      const { items } = await cluster.client.list({ apiVersion: 'v1', kind: 'Pod' }, namespace);
      expect(items).toHaveLength(1);
    });
    expect(await cluster.client.delete(refOf(web), { propagation: 'Foreground' })).toBe(true);
    await isGone(web, 60_000);
    expect((await cluster.client.list({ apiVersion: 'apps/v1', kind: 'ReplicaSet' }, namespace)).items).toEqual([]);
  }, 70_000);

  it.skipIf(withoutKubelet)('keeps a claim as long as a pod uses it', async () => {
    const namespace = await cluster.namespace();
    const data = await cluster.apply(claim(namespace));
    const pod = { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] };
    const web = await cluster.apply(deployment(namespace, { pod }));
    await eventually(async () =>
      expect((await cluster.client.get(refOf(data)))?.['status']).toMatchObject({ phase: 'Bound' }),
    );
    await cluster.client.delete(refOf(data));
    expect((await cluster.client.get(refOf(data)))?.metadata).toMatchObject({
      finalizers: ['kubernetes.io/pvc-protection'],
      deletionTimestamp: expect.any(String),
    });
    await cluster.client.delete(refOf(web));
    await isGone(data);
  });

  it('takes everything with a namespace', async () => {
    const namespace = await cluster.namespace();
    const one = await cluster.apply(configMap(namespace, 'one', {}));
    const { metadata } = (await namespaceOf(namespace)) ?? {};
    const ref = { apiVersion: 'v1', kind: 'Namespace', name: namespace };
    expect(await cluster.client.delete(ref, { uid: metadata?.uid })).toBe(true);
    await eventually(async () => expect(await namespaceOf(namespace)).toBeUndefined(), { timeoutMs: 60_000 });
    expect(await cluster.client.get(refOf(one))).toBeUndefined();
  }, 70_000);

  it('names what holds up the deletion of a namespace, and takes nothing new into it', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(held(namespace));
    await cluster.client.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
    await eventually(
      async () => {
        const status = (await namespaceOf(namespace))?.['status'];
        const { phase, conditions = [] } = (status ?? {}) as { phase?: string; conditions?: object[] };
        expect(phase).toBe('Terminating');
        expect(conditions).toContainEqual(
          expect.objectContaining({
            type: 'NamespaceFinalizersRemaining',
            status: 'True',
            reason: 'SomeFinalizersRemain',
            message: expect.stringContaining(`${hold} in 1 resource instances`),
          }),
        );
        expect(conditions).toContainEqual(
          expect.objectContaining({
            type: 'NamespaceContentRemaining',
            status: 'True',
            reason: 'SomeResourcesRemain',
            message: expect.stringContaining('configmaps. has 1 resource instances'),
          }),
        );
        expect(conditions).toContainEqual(
          expect.objectContaining({ type: 'NamespaceDeletionContentFailure', status: 'False' }),
        );
      },
      { timeoutMs: 30_000 },
    );
    const error = await refusal(cluster.apply(configMap(namespace, 'two', {})));
    expect(error).toMatchObject({ status: 403, causes: [{ reason: 'NamespaceTerminating' }] });
    await cluster.apply(held(namespace, []));
    await eventually(async () => expect(await namespaceOf(namespace)).toBeUndefined(), { timeoutMs: 60_000 });
  }, 100_000);
});
