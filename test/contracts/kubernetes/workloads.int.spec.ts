import { describe, expect, it } from 'vitest';
import { explainObject } from '#apps/provisioning/src/kubernetes/object-failure.js';
import { readiness } from '#apps/provisioning/src/kubernetes/readiness.js';
import { refOf, type KubernetesObject } from '#apps/provisioning/src/kubernetes/resources.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { FIELD_MANAGER, refusal, useCluster, withoutKubelet } from './cluster.js';
import { claim, configMap, deployment, quota, RESTRICTED, service } from './manifests.js';

const POD = { apiVersion: 'v1', kind: 'Pod' };
const REPLICA_SET = { apiVersion: 'apps/v1', kind: 'ReplicaSet' };

describe('workloads', () => {
  const cluster = useCluster();

  async function judge(...objects: KubernetesObject[]) {
    const namespace = objects[0]?.metadata.namespace;
    const live = await Promise.all(objects.map((object) => cluster.client.get(refOf(object))));
    const found = live.filter((object) => object !== undefined);
    const sets = await cluster.client.list(REPLICA_SET, namespace);
    const pods = await cluster.client.list(POD, namespace);
    return readiness([...found, ...sets.items], pods.items, new Date());
  }

  const becomesReady = (...objects: KubernetesObject[]) =>
    eventually(async () => expect(await judge(...objects)).toMatchObject({ ready: objects.length, pending: [] }));
  const fails = (object: KubernetesObject, failure: object) =>
    eventually(async () => expect((await judge(object)).failure).toMatchObject(failure));

  it.skipIf(withoutKubelet)('brings a deployment up', async () => {
    const namespace = await cluster.namespace(RESTRICTED);
    const web = await cluster.apply(deployment(namespace, { replicas: 2, secure: true }));
    await becomesReady(web);
    const pods = await cluster.client.list(POD, namespace, { labels: 'app=web' });
    expect(pods.items.map((pod) => pod['status'])).toMatchObject([{ phase: 'Running' }, { phase: 'Running' }]);
    const live = await cluster.client.get(refOf(web));
    expect(live?.['status']).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      readyReplicas: 2,
      updatedReplicas: 2,
    });
  });

  it.skipIf(withoutKubelet)(
    'keeps a re-applied deployment unchanged after the controllers have written to it',
    async () => {
      const namespace = await cluster.namespace();
      const manifest = deployment(namespace);
      await becomesReady(await cluster.apply(manifest));
      const again = await cluster.client.apply(manifest, { fieldManager: FIELD_MANAGER, compare: true });
      expect(again.outcome).toBe('unchanged');
    },
  );

  it.skipIf(withoutKubelet)('rolls over to a new image and leaves no old pod', async () => {
    const namespace = await cluster.namespace();
    await becomesReady(await cluster.apply(deployment(namespace, { replicas: 3 })));
    const changed = await cluster.apply(deployment(namespace, { replicas: 3, image: 'registry.example/web:2' }));
    await becomesReady(changed);
    const { items } = await cluster.client.list(POD, namespace);
    const images = items.map((pod) => (pod['spec'] as { containers: { image: string }[] }).containers[0]?.image);
    expect(images).toEqual(Array.from({ length: 3 }, () => 'registry.example/web:2'));
  });

  it.skipIf(withoutKubelet)('scales to zero', async () => {
    const namespace = await cluster.namespace();
    await becomesReady(await cluster.apply(deployment(namespace, { replicas: 2 })));
    await becomesReady(await cluster.apply(deployment(namespace, { replicas: 0 })));
    expect((await cluster.client.list(POD, namespace)).items).toEqual([]);
  });

  it('shows a quota failure in ReplicaFailure, and goes on when the quota is raised', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(quota(namespace, { pods: '0' }));
    const web = await cluster.apply(deployment(namespace));
    await eventually(async () => {
      const live = await cluster.client.get(refOf(web));
      expect(live && explainObject(live)).toMatchObject({
        class: 'resource_shortage',
        reason: expect.stringContaining('pods=0'),
      });
    });
    await cluster.apply(quota(namespace, { pods: '1' }));
    await eventually(async () => expect((await cluster.client.list(POD, namespace)).items).toHaveLength(1), {
      timeoutMs: 60_000,
    });
  }, 70_000);

  it('shows a Pod Security failure in ReplicaFailure', async () => {
    const namespace = await cluster.namespace(RESTRICTED);
    const web = await cluster.apply(deployment(namespace));
    await fails(web, { class: 'configuration', reason: expect.stringContaining('runAsNonRoot != true') });
  });

  it('shows an exceeded progress deadline', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(quota(namespace, { pods: '0' }));
    const web = await cluster.apply(deployment(namespace, { spec: { progressDeadlineSeconds: 1 } }));
    await eventually(async () => {
      const live = await cluster.client.get(refOf(web));
      const { conditions } = (live?.['status'] ?? {}) as { conditions?: object[] };
      expect(conditions).toContainEqual(
        expect.objectContaining({ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }),
      );
    });
  });

  it.skipIf(withoutKubelet)('shows an image that cannot be pulled, and recovers with a good one', async () => {
    const namespace = await cluster.namespace();
    const web = await cluster.apply(deployment(namespace, { image: 'registry.example/shop:missing' }));
    await fails(web, { class: 'application', reason: expect.stringContaining('ImagePullBackOff') });
    await becomesReady(await cluster.apply(deployment(namespace)));
  });

  it.skipIf(withoutKubelet)('shows a program that keeps ending', async () => {
    const namespace = await cluster.namespace();
    const web = await cluster.apply(deployment(namespace, { image: 'registry.example/shop:crash' }));
    await fails(web, { class: 'application', reason: expect.stringContaining('exit code 1') });
  });

  it.skipIf(withoutKubelet)('shows a missing secret, and goes on when it appears', async () => {
    const namespace = await cluster.namespace();
    const container = { envFrom: [{ configMapRef: { name: 'settings' } }] };
    const web = await cluster.apply(deployment(namespace, { container }));
    await fails(web, { class: 'configuration', reason: expect.stringContaining('configmap "settings" not found') });
    await cluster.apply(configMap(namespace, 'settings', { a: '1' }));
    await becomesReady(web);
  });

  it.skipIf(withoutKubelet)('shows a pod that fits on no node', async () => {
    const namespace = await cluster.namespace();
    const resources = { requests: { cpu: '9000' } };
    await cluster.apply(deployment(namespace, { container: { resources } }));
    await eventually(async () => {
      const { items } = await cluster.client.list(POD, namespace);
      expect(items[0]?.['status']).toMatchObject({
        phase: 'Pending',
        conditions: [
          { type: 'PodScheduled', reason: 'Unschedulable', message: expect.stringContaining('Insufficient cpu') },
        ],
      });
    });
  });

  it.skipIf(withoutKubelet)('binds a claim with its first pod, not before', async () => {
    const namespace = await cluster.namespace();
    const data = await cluster.apply(claim(namespace));
    expect(data['status']).toMatchObject({ phase: 'Pending' });
    const pod = { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] };
    await becomesReady(await cluster.apply(deployment(namespace, { pod })));
    expect((await cluster.client.get(refOf(data)))?.['status']).toMatchObject({ phase: 'Bound' });
    const again = await cluster.client.apply(claim(namespace), { fieldManager: FIELD_MANAGER, compare: true });
    expect(again.outcome).toBe('unchanged');
  });

  it('fills the defaults of a limit range into pods', async () => {
    const namespace = await cluster.namespace();
    const limits = [{ type: 'Container', default: { cpu: '200m' }, defaultRequest: { cpu: '100m' } }];
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'plan', namespace },
      spec: { limits },
    });
    await cluster.apply(quota(namespace, { 'requests.cpu': '1' }));
    await cluster.apply(deployment(namespace));
    await eventually(async () => {
      const { items } = await cluster.client.list(POD, namespace);
      const resources = { requests: { cpu: '100m' }, limits: { cpu: '200m' } };
      expect(items[0]?.['spec']).toMatchObject({ containers: [{ resources }] });
      const live = await cluster.client.get(refOf(quota(namespace, {})));
      expect(live?.['status']).toMatchObject({ used: { 'requests.cpu': '100m' } });
    });
  });

  it('lets an autoscaler raise the replicas that nobody applies', async () => {
    const namespace = await cluster.namespace();
    const { spec, ...rest } = deployment(namespace);
    const { replicas: _replicas, ...own } = spec as Record<string, unknown>;
    const web = { ...rest, spec: own };
    await cluster.apply(web);
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    await cluster.apply({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web', namespace },
      spec: { scaleTargetRef, minReplicas: 2, maxReplicas: 3 },
    });
    await eventually(
      async () => expect((await cluster.client.get(refOf(web)))?.['spec']).toMatchObject({ replicas: 2 }),
      { timeoutMs: 60_000 },
    );
    const again = await cluster.client.apply(web, { fieldManager: FIELD_MANAGER, compare: true });
    expect(again.outcome).toBe('unchanged');
  }, 70_000);

  it.skipIf(withoutKubelet)('serves a service through the proxy once a pod is ready', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(service(namespace));
    const error = await refusal(cluster.client.serviceProxyGet(namespace, 'web', 'http', '/healthz'));
    expect(error).toMatchObject({ status: 503, reason: 'ServiceUnavailable' });
    expect(error.message).toContain('no endpoints available for service');
    await cluster.apply(deployment(namespace));
    await eventually(async () =>
      expect(await cluster.client.serviceProxyGet(namespace, 'web', 80, '/healthz')).toEqual({
        status: 200,
        body: 'ok',
      }),
    );
  });

  it('answers 404 through the proxy for a service that does not exist', async () => {
    const namespace = await cluster.namespace();
    expect((await refusal(cluster.client.serviceProxyGet(namespace, 'web', 80, '/'))).status).toBe(404);
  });

  it('deletes what a deployment owns with it', async () => {
    const namespace = await cluster.namespace();
    const web = await cluster.apply(deployment(namespace));
    await eventually(async () => expect((await cluster.client.list(POD, namespace)).items).toHaveLength(1));
    expect(await cluster.client.delete(refOf(web))).toBe(true);
    await eventually(async () => {
      expect((await cluster.client.list(REPLICA_SET, namespace)).items).toEqual([]);
      expect((await cluster.client.list(POD, namespace)).items).toEqual([]);
    });
    expect(await cluster.client.delete(refOf(web))).toBe(false);
  });
});
