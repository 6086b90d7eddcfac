import { describe, expect, it } from 'vitest';
import { StepFailed } from '#apps/provisioning/src/carry-out-steps/step-failed.js';
import { refOf, type KubernetesObject } from '#apps/provisioning/src/kubernetes/resources.js';
import type { KnownObject } from '#apps/provisioning/src/domain/environment.js';
import { removeEnvironment } from '#apps/provisioning/src/steps/remove-environment.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { useCluster } from './cluster.js';
import { claim, configMap, service } from './manifests.js';

const environmentId = '1f2e3d4c-0000-5000-8000-000000000000';
const ours = { 'keiyaku.dev/environment': environmentId };

describe('removing an environment', () => {
  const cluster = useCluster();
  const known = ({ kind, metadata: { name, namespace, uid } }: KubernetesObject): KnownObject => ({
    kind,
    name,
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
  });
  const namespaceOf = (name: string) => cluster.client.get({ apiVersion: 'v1', kind: 'Namespace', name });

  function remove(namespace: string, objects: readonly KnownObject[], patienceMs = 30_000) {
    const reports: (readonly string[])[] = [];
    const removed = removeEnvironment(cluster.client, {
      environmentId,
      namespace,
      known: objects,
      patienceMs,
      signal: AbortSignal.timeout(60_000),
      hold: () => undefined,
      report: async (pending) => void reports.push(pending),
    });
    return { removed, reports };
  }

  it('deletes everything, waits until it is gone, and answers what it was', async () => {
    const namespace = await cluster.namespace(ours);
    const manifests = [claim(namespace), configMap(namespace, 'one', {})];
    const objects = await Promise.all(manifests.map((object) => cluster.apply(object)));
    const web = known(await cluster.apply(service(namespace)));
    const uid = (await namespaceOf(namespace))?.metadata.uid;
    // An attempt that died may have applied more than it could say.
    const { uid: _unknown, ...unsaid } = web;
    const removed = await remove(namespace, [...objects.map(known), unsaid]).removed;
    expect(removed).toEqual([...objects.map(known), web, { kind: 'Namespace', name: namespace, uid }]);
    expect(await namespaceOf(namespace)).toBeUndefined();
  }, 40_000);

  it('knows what stood when it is repeated after all is gone', async () => {
    const namespace = await cluster.namespace(ours);
    const one = known(await cluster.apply(configMap(namespace, 'one', {})));
    await remove(namespace, [one]).removed;
    expect(await remove(namespace, [one, { kind: 'Secret', name: 'never', namespace }]).removed).toEqual([one]);
  }, 40_000);

  it('never touches a namespace that is not labelled ours', async () => {
    const namespace = await cluster.namespace({ 'keiyaku.dev/environment': 'somebody-else' });
    const one = known(await cluster.apply(configMap(namespace, 'one', {})));
    const { uid: _unknown, ...planned } = one;
    expect(await remove(namespace, [planned, { kind: 'Namespace', name: namespace }]).removed).toEqual([]);
    expect((await namespaceOf(namespace))?.metadata.deletionTimestamp).toBeUndefined();
    expect(await cluster.client.get(refOf(configMap(namespace, 'one', {})))).toBeDefined();
  });

  it('asks when the namespace that we made has lost our label', async () => {
    const namespace = await cluster.namespace();
    const own = known((await namespaceOf(namespace)) as KubernetesObject);
    const error: unknown = await remove(namespace, [own]).removed.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StepFailed);
    expect(error).toMatchObject({
      failure: {
        class: 'configuration',
        object: `Namespace ${namespace}`,
        whatToDo: expect.stringContaining(`set its label keiyaku.dev/environment to ${environmentId}`),
      },
    });
    expect((await namespaceOf(namespace))?.metadata.deletionTimestamp).toBeUndefined();
  });

  it('names the object and the finalizer that hold it, and goes on when they let go', async () => {
    const namespace = await cluster.namespace(ours);
    const held = configMap(namespace, 'held', {});
    const finalizers = ['keiyaku.dev/hold'];
    const one = known(await cluster.apply({ ...held, metadata: { ...held.metadata, finalizers } }));
    const error: unknown = await remove(namespace, [one], 300).removed.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StepFailed);
    expect(error).toMatchObject({
      failure: {
        class: 'configuration',
        object: `ConfigMap held in ${namespace}`,
        reason: expect.stringContaining('it waits for the finalizer keiyaku.dev/hold'),
        whatToDo: expect.stringContaining('take the finalizer off the object'),
      },
    });
    const again = remove(namespace, [one]);
    const told = [`ConfigMap held in ${namespace}: it waits for the finalizer keiyaku.dev/hold`];
    await eventually(() => expect(again.reports).toEqual([told]), { timeoutMs: 15_000 });
    await cluster.apply(held);
    expect((await again.removed).map(({ kind }) => kind)).toEqual(['ConfigMap', 'Namespace']);
  }, 50_000);
});
