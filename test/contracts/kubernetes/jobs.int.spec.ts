import { describe, expect, it } from 'vitest';
import { StepFailed } from '#apps/provisioning/src/carry-out-steps/step-failed.js';
import { explainObject } from '#apps/provisioning/src/kubernetes/object-failure.js';
import { refOf, type KubernetesObject } from '#apps/provisioning/src/kubernetes/resources.js';
import { runJob } from '#apps/provisioning/src/steps/run-job.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { refusal, useCluster, withoutKubelet } from './cluster.js';
import { configMap, podSpec, quota } from './manifests.js';

interface JobOptions {
  readonly image?: string;
  readonly spec?: Record<string, unknown>;
  readonly pod?: Record<string, unknown>;
}

function job(namespace: string, { image, spec = {}, pod = {} }: JobOptions = {}): KubernetesObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'export', namespace },
    spec: {
      backoffLimit: 0,
      ...spec,
      template: {
        metadata: { labels: { app: 'export' } },
        spec: podSpec({ ...(image !== undefined && { image }), pod: { restartPolicy: 'Never', ...pod } }),
      },
    },
  };
}

describe('jobs', () => {
  const cluster = useCluster();
  const podsOf = async (namespace: string) =>
    (await cluster.client.list({ apiVersion: 'v1', kind: 'Pod' }, namespace, { labels: 'job-name=export' })).items;
  const conditionsOf = async (object: KubernetesObject) => {
    const live = await cluster.client.get(refOf(object));
    return ((live?.['status'] ?? {}) as { conditions?: object[] }).conditions ?? [];
  };

  it('give themselves a selector, and stay the same when they are applied again', async () => {
    const namespace = await cluster.namespace();
    const first = await cluster.apply(job(namespace));
    const uid = first.metadata.uid ?? '';
    expect(first['spec']).toMatchObject({
      completions: 1,
      parallelism: 1,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
      template: { metadata: { labels: { 'job-name': 'export', 'batch.kubernetes.io/job-name': 'export' } } },
    });
    const again = await cluster.client.apply(job(namespace), { fieldManager: 'contract-suite', compare: true });
    expect(again.outcome).toBe('unchanged');
  });

  it.skipIf(withoutKubelet)('complete when their pod has ended well, and keep it', async () => {
    const namespace = await cluster.namespace();
    const object = await cluster.apply(job(namespace));
    await eventually(async () => {
      const complete = { type: 'Complete', status: 'True', reason: 'CompletionsReached' };
      expect(await conditionsOf(object)).toContainEqual(expect.objectContaining(complete));
    });
    const live = await cluster.client.get(refOf(object));
    expect(live?.['status']).toMatchObject({ succeeded: 1, completionTime: expect.any(String) });
    expect((await podsOf(namespace)).map(({ status }) => status)).toMatchObject([{ phase: 'Succeeded' }]);
  });

  it.skipIf(withoutKubelet)('fail when their pod has failed too often', async () => {
    const namespace = await cluster.namespace();
    const object = await cluster.apply(
      job(namespace, { image: 'registry.example/shop:crash', spec: { backoffLimit: 1 } }),
    );
    await eventually(async () => {
      const failed = { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' };
      expect(await conditionsOf(object)).toContainEqual(expect.objectContaining(failed));
    });
    const live = await cluster.client.get(refOf(object));
    expect(live && explainObject(live)).toMatchObject({ class: 'application', object: `Job export in ${namespace}` });
    expect((await podsOf(namespace)).map(({ status }) => status)).toMatchObject([
      { phase: 'Failed' },
      { phase: 'Failed' },
    ]);
  });

  it('fail when their time is up', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(quota(namespace, { pods: '0' }));
    const object = await cluster.apply(job(namespace, { spec: { activeDeadlineSeconds: 1 } }));
    await eventually(
      async () => {
        const failed = { type: 'Failed', status: 'True', reason: 'DeadlineExceeded' };
        expect(await conditionsOf(object)).toContainEqual(expect.objectContaining(failed));
      },
      { timeoutMs: 30_000 },
    );
  }, 40_000);

  it('tell by an event that a quota has no room for their pod', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(quota(namespace, { pods: '0' }));
    await cluster.apply(job(namespace));
    await eventually(async () => {
      const fields = 'involvedObject.kind=Job';
      const { items } = await cluster.client.list({ apiVersion: 'v1', kind: 'Event' }, namespace, { fields });
      expect(items).toContainEqual(
        expect.objectContaining({
          type: 'Warning',
          reason: 'FailedCreate',
          message: expect.stringContaining('exceeded quota: plan'),
        }),
      );
    });
  });

  it('can not be changed in their template', async () => {
    const namespace = await cluster.namespace();
    await cluster.apply(job(namespace));
    const error = await refusal(cluster.apply(job(namespace, { image: 'registry.example/web:2' })));
    expect(error).toMatchObject({ status: 422, reason: 'Invalid' });
    expect(error.causes).toContainEqual(
      expect.objectContaining({ field: 'spec.template', message: expect.stringContaining('field is immutable') }),
    );
  });

  it('need pods that come to an end', async () => {
    const namespace = await cluster.namespace();
    const error = await refusal(cluster.apply(job(namespace, { pod: { restartPolicy: 'Always' } })));
    expect(error.causes).toContainEqual(
      expect.objectContaining({
        field: 'spec.template.spec.restartPolicy',
        message: expect.stringContaining('"OnFailure", "Never"'),
      }),
    );
  });

  it('take their pods with them', async () => {
    const namespace = await cluster.namespace();
    const object = await cluster.apply(job(namespace));
    await eventually(async () => expect(await podsOf(namespace)).toHaveLength(1));
    await cluster.client.delete(refOf(object));
    await eventually(async () => expect(await podsOf(namespace)).toEqual([]), { timeoutMs: 60_000 });
  }, 70_000);

  describe('run to their end', () => {
    const run = (namespace: string, options: JobOptions = {}) =>
      runJob(cluster.client, {
        objects: [configMap(namespace, 'needed', {}), job(namespace, options)],
        apply: (object) => cluster.apply(object),
        signal: AbortSignal.timeout(60_000),
        hold: () => undefined,
        patienceMs: 60_000,
      });
    const failureOf = async (running: Promise<unknown>): Promise<unknown> => {
      const error: unknown = await running.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StepFailed);
      return (error as StepFailed).failure;
    };

    it.skipIf(withoutKubelet)('once, however often they are asked for, and tidy up', async () => {
      const namespace = await cluster.namespace();
      const first = await run(namespace);
      expect(first.metadata.name).toBe('export');
      expect((await run(namespace)).metadata.uid).toBe(first.metadata.uid);
      expect(await cluster.client.get(refOf(configMap(namespace, 'needed', {})))).toBeUndefined();
    });

    it.skipIf(withoutKubelet)('anew after they have failed, with what was corrected', async () => {
      const namespace = await cluster.namespace();
      const image = 'registry.example/shop:crash';
      expect(await failureOf(run(namespace, { image }))).toMatchObject({
        class: 'configuration',
        object: `Job export in ${namespace}`,
        reason: expect.stringContaining('BackoffLimitExceeded'),
      });
      await run(namespace);
    });

    it.skipIf(withoutKubelet)('and say at once why their pod does not start', async () => {
      const namespace = await cluster.namespace();
      expect(await failureOf(run(namespace, { image: 'registry.example/shop:missing' }))).toMatchObject({
        class: 'configuration',
        object: expect.stringMatching(/^Pod export-\w+ in /),
        reason: expect.stringContaining('registry.example/shop:missing'),
      });
    });

    it('and say at once that there is no room for it', async () => {
      const namespace = await cluster.namespace();
      await cluster.apply(quota(namespace, { pods: '0' }));
      expect(await failureOf(run(namespace))).toMatchObject({
        class: 'resource_shortage',
        object: `Job export in ${namespace}`,
        reason: expect.stringContaining('The quota "plan" is used up'),
      });
    });
  });
});
