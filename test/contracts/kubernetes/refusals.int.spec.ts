import { describe, expect, it } from 'vitest';
import { refOf } from '#apps/provisioning/src/kubernetes/resources.js';
import { Transport } from '#apps/provisioning/src/kubernetes/transport.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { FIELD_MANAGER, refusal, useCluster } from './cluster.js';
import { claim, configMap, deployment, pod, quota, RESTRICTED } from './manifests.js';

describe('refusals', () => {
  const cluster = useCluster();

  it.each([false, true])('answers 404 for a namespace that does not exist (dry run: %s)', async (dryRun) => {
    const options = { fieldManager: FIELD_MANAGER, dryRun };
    const error = await refusal(cluster.client.apply(configMap('contract-nowhere', 'one', {}), options));
    expect(error).toMatchObject({
      status: 404,
      reason: 'NotFound',
      message: 'namespaces "contract-nowhere" not found',
    });
  });

  it('answers 500 for an unknown field', async () => {
    const namespace = await cluster.namespace();
    const error = await refusal(cluster.apply(deployment(namespace, { spec: { replcas: 2 } })));
    expect(error).toMatchObject({ status: 500, reason: '' });
    expect(error.message).toContain('failed to create typed patch object');
    expect(error.message).toContain('.spec.replcas: field not declared in schema');
  });

  it('names an unknown field of a container', async () => {
    const namespace = await cluster.namespace();
    const error = await refusal(cluster.apply(deployment(namespace, { container: { imgae: 'x' } })));
    expect(error.message).toContain('.spec.template.spec.containers[name="web"].imgae: field not declared in schema');
  });

  it('answers 500 for a value of the wrong type', async () => {
    const namespace = await cluster.namespace();
    const error = await refusal(cluster.apply(deployment(namespace, { spec: { replicas: 'three' } })));
    expect(error.status).toBe(500);
    expect(error.message).toContain('.spec.replicas: expected numeric');
  });

  it.each([
    ['a negative number', { replicas: -1 }, 'spec.replicas'],
    [
      'a selector that misses the template',
      { spec: { selector: { matchLabels: { app: 'x' } } } },
      'spec.template.metadata.labels',
    ],
    [
      'a port out of range',
      { container: { ports: [{ containerPort: 70000 }] } },
      'spec.template.spec.containers[0].ports[0].containerPort',
    ],
    [
      'a request over its limit',
      { container: { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } } },
      'spec.template.spec.containers[0].resources.requests',
    ],
    [
      'a mount without its volume',
      { container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] } },
      'spec.template.spec.containers[0].volumeMounts[0].name',
    ],
    ['an image that is missing', { container: { image: '' } }, 'spec.template.spec.containers[0].image'],
  ])('answers 422 with the field for %s', async (_, options, field) => {
    const namespace = await cluster.namespace();
    const error = await refusal(cluster.apply(deployment(namespace, options)));
    expect(error).toMatchObject({ status: 422, reason: 'Invalid' });
    expect(error.causes.map((cause) => cause.field)).toContain(field);
  });

  it('answers 422 for a bad name', async () => {
    const namespace = await cluster.namespace();
    const error = await refusal(cluster.apply(configMap(namespace, 'Not_A_Name', {})));
    expect(error).toMatchObject({ status: 422, causes: [{ field: 'metadata.name' }] });
  });

  it('answers 422 for a required field that is missing', async () => {
    const namespace = await cluster.namespace();
    const manifest = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace }, spec: {} };
    const error = await refusal(cluster.apply(manifest));
    expect(error).toMatchObject({ status: 422, causes: [{ reason: 'FieldValueRequired', field: 'spec.ports' }] });
  });

  it('answers 422 when a selector changes', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(deployment(namespace, { replicas: 0 }));
    const changed = deployment(namespace, { name: 'other', replicas: 0 });
    changed.metadata.name = 'web';
    const error = await refusal(cluster.client.apply(changed, { fieldManager: FIELD_MANAGER, force: true }));
    expect(error).toMatchObject({ status: 422, reason: 'Invalid' });
    expect(error.message).toContain('field is immutable');
  });

  it('answers 422 when the spec of a claim changes', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(claim(namespace, '1Gi'));
    const error = await refusal(cluster.apply(claim(namespace, '2Gi')));
    expect(error).toMatchObject({ status: 422, causes: [{ reason: 'FieldValueForbidden', field: 'spec' }] });
    expect(error.message).toContain('spec is immutable');
  });

  it.each([false, true])('answers 403 with the figures when a quota is used up (dry run: %s)', async (dryRun) => {
    const namespace = await cluster.namespace();
    await cluster.apply(quota(namespace, { 'count/deployments.apps': '1' }));
    await eventually(async () => {
      const live = await cluster.client.get(refOf(quota(namespace, {})));
      expect(live?.['status']).toMatchObject({ hard: { 'count/deployments.apps': '1' } });
    });
    await cluster.apply(deployment(namespace, { replicas: 0 }));
    const second = deployment(namespace, { name: 'second', replicas: 0 });
    const error = await refusal(cluster.client.apply(second, { fieldManager: FIELD_MANAGER, dryRun }));
    expect(error).toMatchObject({ status: 403, reason: 'Forbidden' });
    const count = 'count/deployments.apps=1';
    expect(error.message).toContain(`exceeded quota: plan, requested: ${count}, used: ${count}, limited: ${count}`);
  });

  it('answers 403 for a pod without the requests that a quota counts', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(quota(namespace, { 'requests.cpu': '1' }));
    await eventually(async () => {
      const live = await cluster.client.get(refOf(quota(namespace, {})));
      expect(live?.['status']).toMatchObject({ hard: { 'requests.cpu': '1' } });
    });
    const error = await refusal(cluster.apply(pod(namespace)));
    expect(error.message).toContain('failed quota: plan: must specify requests.cpu for: web');
  });

  it('answers 403 for a pod that breaks Pod Security', async () => {
    const namespace = await cluster.namespace(RESTRICTED);
    const error = await refusal(cluster.apply(pod(namespace)));
    expect(error).toMatchObject({ status: 403, reason: 'Forbidden' });
    expect(error.message).toContain('violates PodSecurity "restricted:latest"');
    expect(error.message).toContain('allowPrivilegeEscalation != false');
  });

  it('accepts a deployment that breaks Pod Security, with a warning', async () => {
    const namespace = await cluster.namespace(RESTRICTED);
    const manifest = deployment(namespace, { replicas: 0 });
    const { warnings, outcome } = await cluster.client.apply(manifest, { fieldManager: FIELD_MANAGER });
    expect(outcome).toBe('created');
    expect(warnings).toMatchObject([expect.stringContaining('would violate PodSecurity "restricted:latest"')]);
  });

  it('does not warn of a deployment that keeps Pod Security', async () => {
    const namespace = await cluster.namespace(RESTRICTED);
    const manifest = deployment(namespace, { replicas: 0, secure: true });
    expect((await cluster.client.apply(manifest, { fieldManager: FIELD_MANAGER })).warnings).toEqual([]);
  });

  it('answers plain 404 for a kind that it does not have', async () => {
    const namespace = await cluster.namespace();
    const transport = await Transport.connect({ path: cluster.kubeconfig });
    const path = `/apis/nowhere.example/v1/namespaces/${namespace}/things`;
    const answer = await transport.send({ method: 'GET', path, timeoutMs: 5_000 });
    transport.close();
    expect(answer).toMatchObject({ status: 404, text: expect.stringContaining('404 page not found') });
  });

  it('refuses new content in a namespace that is being deleted', async () => {
    const namespace = await cluster.namespace();
    const finalizers = ['keiyaku.test/hold'];
    const held = configMap(namespace, 'held', {});
    await cluster.apply({ ...held, metadata: { ...held.metadata, finalizers } });
    await cluster.client.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
    const error = await refusal(cluster.apply(configMap(namespace, 'late', {})));
    expect(error).toMatchObject({ status: 403, reason: 'Forbidden' });
    expect(error.causes).toMatchObject([{ reason: 'NamespaceTerminating' }]);

    await cluster.apply(held);
    await eventually(
      async () =>
        expect(await cluster.client.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace })).toBeUndefined(),
      { timeoutMs: 20_000 },
    );
  });

  it('refuses to delete another object of the same name', async () => {
    const namespace = await cluster.namespace();
    const ref = refOf(await cluster.apply(configMap(namespace, 'one', {})));
    const error = await refusal(cluster.client.delete(ref, { uid: '00000000-0000-4000-8000-000000000000' }));
    expect(error.status).toBe(409);
    expect(await cluster.client.get(ref)).toBeDefined();
  });
});
