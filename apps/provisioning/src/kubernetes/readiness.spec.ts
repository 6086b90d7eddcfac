import { describe, expect, it } from 'vitest';
import { hasSettled, readiness } from './readiness.js';
import type { KubernetesObject } from './resources.js';

const NOW = new Date('2026-01-01T00:01:00Z');
const AVAILABLE = { type: 'Available', status: 'True' };
const PROGRESSED = { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' };
const HEALTHY = {
  observedGeneration: 2,
  replicas: 2,
  updatedReplicas: 2,
  availableReplicas: 2,
  conditions: [AVAILABLE, PROGRESSED],
};

function deployment(status: object): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'env', generation: 2, uid: 'd1' },
    spec: { replicas: 2, selector: { matchLabels: { app: 'web' } } },
    status,
  };
}

function other(kind: string, more: object): KubernetesObject {
  return { apiVersion: 'v1', kind, metadata: { name: 'data', namespace: 'env' }, ...more };
}

function brokenPod(hash: string, creationTimestamp: string): KubernetesObject {
  const labels = { app: 'web', 'pod-template-hash': hash };
  const state = { waiting: { reason: 'ImagePullBackOff' } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `web-${hash}`, namespace: 'env', labels, creationTimestamp },
    status: { containerStatuses: [{ name: 'web', image: 'shop:1', state }] },
  };
}

function replicaSet(hash: string, revision: number): KubernetesObject {
  const annotations = { 'deployment.kubernetes.io/revision': String(revision) };
  const ownerReferences = [{ kind: 'Deployment', name: 'web', uid: 'd1' }];
  const labels = { 'pod-template-hash': hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: hash, namespace: 'env', labels, annotations, ownerReferences },
  };
}

describe('readiness', () => {
  it('counts healthy objects', () => {
    expect(readiness([deployment(HEALTHY), other('ConfigMap', {})], [], NOW)).toEqual({
      ready: 2,
      total: 2,
      pending: [],
    });
  });

  it.each([
    ['the change has not been seen', { ...HEALTHY, observedGeneration: 1 }, 'the cluster has not seen the change yet'],
    ['nothing has been seen', {}, 'the cluster has not seen it yet'],
    ['new pods are missing', { ...HEALTHY, updatedReplicas: 1 }, '1 of 2 pods are of the new version'],
    ['pods are left over', { ...HEALTHY, replicas: 3 }, '1 pods too many are still there'],
    ['pods are not ready', { ...HEALTHY, availableReplicas: 1 }, '1 of 2 pods are ready'],
    ['it is not available', { ...HEALTHY, conditions: [PROGRESSED] }, 'it is not available yet'],
  ])('waits while %s', (_, status, why) => {
    const answer = readiness([deployment(status)], [], NOW);
    expect(answer).toEqual({ ready: 0, total: 1, pending: [{ object: 'Deployment web in env', why }] });
  });

  it('waits for a switched-off deployment to lose its pods', () => {
    const off = (status: object) => ({ ...deployment(status), spec: { replicas: 0, selector: {} } });
    const gone = { observedGeneration: 2, conditions: [AVAILABLE, PROGRESSED] };
    expect(readiness([off(HEALTHY)], [], NOW).pending).toHaveLength(1);
    expect(readiness([off(gone)], [], NOW).pending).toHaveLength(0);
  });

  it('fails on ReplicaFailure', () => {
    const message = 'pods "web" is forbidden: exceeded quota: plan, requested: pods=1, used: pods=0, limited: pods=0';
    const failed = {
      ...HEALTHY,
      availableReplicas: 0,
      conditions: [{ type: 'ReplicaFailure', status: 'True', message }],
    };
    expect(readiness([deployment(failed)], [], NOW).failure).toMatchObject({
      object: 'Deployment web in env',
      class: 'resource_shortage',
    });
  });

  it('prefers what a pod says to an exceeded deadline', () => {
    const late = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' };
    const status = { ...HEALTHY, availableReplicas: 0, conditions: [late] };
    expect(readiness([deployment(status)], [brokenPod('new', '2026-01-01T00:00:00Z')], NOW).failure?.reason).toContain(
      'shop:1',
    );
    expect(readiness([deployment(status)], [], NOW).failure?.reason).toContain('in time');
  });

  it('judges the newest ReplicaSet only', () => {
    const sets = [replicaSet('old', 1), replicaSet('new', 2)];
    expect(
      readiness([deployment(HEALTHY), ...sets], [brokenPod('old', '2026-01-01T00:00:30Z')], NOW).failure,
    ).toBeUndefined();
    expect(
      readiness([deployment(HEALTHY), ...sets], [brokenPod('new', '2026-01-01T00:00:00Z')], NOW).failure,
    ).toBeDefined();
  });

  it('takes the youngest pods for the newest ones when no ReplicaSets are given', () => {
    const young = { ...brokenPod('new', '2026-01-01T00:00:30Z'), status: {} };
    expect(
      readiness([deployment(HEALTHY)], [brokenPod('old', '2026-01-01T00:00:00Z'), young], NOW).failure,
    ).toBeUndefined();
  });

  it('does not wait for claims or ingress addresses', () => {
    const objects = [
      other('PersistentVolumeClaim', { status: { phase: 'Pending' } }),
      other('Ingress', { status: {} }),
    ];
    expect(readiness(objects, [], NOW)).toMatchObject({ ready: 2, total: 2 });
  });

  it('waits for a load balancer and a job', () => {
    const objects = [
      other('Service', { spec: { type: 'LoadBalancer' } }),
      other('Job', {}),
      other('Service', { spec: {} }),
    ];
    expect(readiness(objects, [], NOW)).toMatchObject({ ready: 1, total: 3 });
  });

  it('waits for what is being deleted', () => {
    const metadata = { name: 'data', namespace: 'env', deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(readiness([other('Secret', { metadata })], [], NOW).pending).toHaveLength(1);
  });
});

describe('a claim that is not bound', () => {
  const claim = (phase: string) => ({
    ...other('PersistentVolumeClaim', { status: { phase } }),
    metadata: { name: 'data', namespace: 'env', uid: 'c1' },
  });
  const event = (reason: string, message: string, lastTimestamp: string): KubernetesObject => ({
    ...other('Event', { reason, message, lastTimestamp }),
    involvedObject: { kind: 'PersistentVolumeClaim', name: 'data', namespace: 'env', uid: 'c1' },
  });
  const failed = event('ProvisioningFailed', 'exceeded the quota of the pool', '2026-01-01T00:00:10Z');
  const waits = event('WaitForFirstConsumer', 'waiting for first consumer', '2026-01-01T00:00:20Z');

  it('is explained by its newest event', () => {
    expect(readiness([claim('Pending')], [], NOW, [failed]).failure).toMatchObject({
      object: 'PersistentVolumeClaim data in env',
      class: 'resource_shortage',
    });
    expect(readiness([claim('Pending')], [], NOW, [failed, waits]).failure).toBeUndefined();
  });

  it('has no failure any more once it is bound', () => {
    expect(readiness([claim('Bound')], [], NOW, [failed]).failure).toBeUndefined();
  });
});

it('what does not pass by itself comes before what may', () => {
  const registry = { waiting: { reason: 'ErrImagePull', message: 'TLS handshake timeout' } };
  const slow = { ...brokenPod('new', ''), status: { containerStatuses: [{ name: 'web', state: registry }] } };
  const lost = other('PersistentVolumeClaim', { status: { phase: 'Lost' } });
  expect(readiness([deployment(HEALTHY)], [slow], NOW).failure?.class).toBe('transient');
  expect(readiness([deployment(HEALTHY), lost], [slow], NOW).failure?.class).toBe('configuration');
});

describe('a Deployment is worth a look', () => {
  it('when it is up', () => expect(hasSettled(deployment(HEALTHY), NOW)).toBe(true));

  it('when it says that it has failed', () => {
    const message = 'pods "web-1" is forbidden: exceeded quota: plan, requested: pods=1, used: pods=1, limited: pods=1';
    const refused = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message };
    expect(hasSettled(deployment({ observedGeneration: 2, conditions: [refused] }), NOW)).toBe(true);
  });

  it('not while its pods come up', () => {
    expect(hasSettled(deployment({ ...HEALTHY, availableReplicas: 1 }), NOW)).toBe(false);
  });
});

it('a pod is worth a look when it will not come up by itself', () => {
  expect(hasSettled(brokenPod('new', ''), NOW)).toBe(true);
  expect(hasSettled({ ...brokenPod('new', ''), status: {} }, NOW)).toBe(false);
});
