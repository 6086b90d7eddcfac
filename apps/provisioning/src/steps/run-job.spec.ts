import { expect, it } from 'vitest';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import type { KubernetesObject } from '../kubernetes/resources.js';
import { runJob } from './run-job.js';

const job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'export', namespace: 'env-abc' },
  spec: { template: { spec: { containers: [{ image: 'app:2' }] } } },
};
/** Of another image, so that it has to make room. */
const old: KubernetesObject = {
  ...job,
  metadata: { ...job.metadata, uid: 'u-1', finalizers: ['foregroundDeletion'] },
  spec: { template: { spec: { containers: [{ image: 'app:1' }] } } },
};
const pod: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'export-x', namespace: 'env-abc', finalizers: ['batch.kubernetes.io/job-tracking'] },
  spec: { nodeName: 'node-1' },
};

function run(hold: () => void) {
  const cluster = {
    get: () => Promise.resolve(old),
    delete: () => Promise.resolve(true),
    list: () => Promise.resolve({ items: [pod], resourceVersion: '1' }),
  } as unknown as KubernetesClient;
  const signal = new AbortController().signal;
  return runJob(cluster, {
    objects: [job],
    apply: () => Promise.reject(new Error('Too early')),
    signal,
    hold,
    patienceMs: 20,
  });
}

it('does not wait for ever for an old Job to go, and names what holds it', async () => {
  await expect(run(() => undefined)).rejects.toMatchObject({
    failure: {
      class: 'configuration',
      object: 'Job export in env-abc',
      reason:
        'The old Job has not gone within 0.02 s: Pod export-x in env-abc on node node-1 is still there, it waits for ' +
        'the finalizer batch.kubernetes.io/job-tracking; it waits for the finalizer foregroundDeletion',
      whatToDo: expect.stringContaining('When the Job has gone, retry.'),
    },
  });
});

it('stops waiting when its lease is gone', async () => {
  let calls = 0;
  const hold = () => {
    if (++calls > 1) throw new Error('The lease has run out.');
  };
  await expect(run(hold)).rejects.toThrow('The lease has run out.');
});
