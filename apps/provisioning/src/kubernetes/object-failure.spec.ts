import { describe, expect, it } from 'vitest';
import { explainObject } from './object-failure.js';

const WEB = 'Deployment web in env-abc';

describe('explainObject', () => {
  const deployment = (...conditions: unknown[]) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'env-abc' },
    status: { conditions },
  });

  it('reads the quota out of ReplicaFailure', () => {
    const message = 'pods "web-1" is forbidden: exceeded quota: plan, requested: pods=1, used: pods=1, limited: pods=1';
    expect(explainObject(deployment({ type: 'ReplicaFailure', status: 'True', message }))).toMatchObject({
      object: WEB,
      class: 'resource_shortage',
    });
  });

  it('knows an exceeded progress deadline', () => {
    const late = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' };
    expect(explainObject(deployment(late))).toMatchObject({ object: WEB, class: 'application' });
  });

  it('is silent while a rollout goes on', () => {
    expect(
      explainObject(deployment({ type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' })),
    ).toBeUndefined();
  });

  it('knows a claim that lost its volume', () => {
    const metadata = { name: 'data', namespace: 'env-abc' };
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, status: { phase: 'Lost' } };
    expect(explainObject(claim)).toMatchObject({ reason: 'Its volume is gone' });
    expect(explainObject({ ...claim, status: { phase: 'Pending' } })).toBeUndefined();
  });

  it('knows a failed job', () => {
    const status = { conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }] };
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'init', namespace: 'env-abc' }, status };
    expect(explainObject(job)).toMatchObject({ reason: 'The job failed: BackoffLimitExceeded' });
  });
});
