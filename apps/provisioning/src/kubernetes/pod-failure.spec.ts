import { describe, expect, it } from 'vitest';
import { explainPod } from './pod-failure.js';

const NOW = new Date('2026-01-01T00:01:00Z');

function pod(status: unknown) {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1', namespace: 'env-abc' }, status };
}

function waiting(reason: string, message = '', more: object = {}) {
  const container = { name: 'web', image: 'shop:1', state: { waiting: { reason, message } }, ...more };
  return pod({ containerStatuses: [container] });
}

describe('explainPod', () => {
  it.each(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'])(
    'blames the image for %s',
    (reason) => {
      expect(explainPod(waiting(reason), NOW)).toMatchObject({
        object: 'Pod web-1 in env-abc',
        class: 'application',
        reason: expect.stringContaining('"shop:1"'),
      });
    },
  );

  it('blames the credentials when the registry says no', () => {
    expect(explainPod(waiting('ErrImagePull', '401 Unauthorized'), NOW)).toMatchObject({
      class: 'configuration',
      whatToDo: expect.stringContaining('imagePullSecrets'),
    });
  });

  it('takes a registry that does not answer as transient', () => {
    expect(explainPod(waiting('ImagePullBackOff', 'TLS handshake timeout'), NOW)).toMatchObject({ class: 'transient' });
  });

  it.each([
    ['401 Unauthorized', 'configuration'],
    ['i/o timeout', 'transient'],
    ['not found', 'application'],
  ])('knows from the events why a pod waits before it pulls again: %s', (cause, expected) => {
    const waits = waiting('ImagePullBackOff', 'Back-off pulling image "shop:1"');
    const uid = 'u-1';
    const events = [
      { at: 1, reason: 'Failed', message: 'Failed to pull image "shop:1": an older cause' },
      { at: 2, reason: 'Failed', message: `Failed to pull image "shop:1": ${cause}` },
      { at: 3, reason: 'BackOff', message: 'Back-off pulling image "shop:1"' },
    ].map(({ at, ...told }) => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `e-${at}` },
      ...told,
      lastTimestamp: `2026-01-01T00:00:0${at}Z`,
      involvedObject: { kind: 'Pod', uid },
    }));
    const found = explainPod({ ...waits, metadata: { ...waits.metadata, uid } }, NOW, events);
    expect(found).toMatchObject({ class: expected, reason: expect.stringContaining(cause) });
    expect(explainPod(waits, NOW, events)?.class).toBe('application');
  });

  it('names the missing secret', () => {
    expect(explainPod(waiting('CreateContainerConfigError', 'secret "admin" not found'), NOW)?.reason).toContain(
      'secret "admin" not found',
    );
  });

  it('gives a crashing program a few tries', () => {
    expect(explainPod(waiting('CrashLoopBackOff', '', { restartCount: 1 }), NOW)).toBeUndefined();
    const ended = { restartCount: 3, lastState: { terminated: { exitCode: 1 } } };
    expect(explainPod(waiting('CrashLoopBackOff', '', ended), NOW)).toMatchObject({
      class: 'application',
      reason: expect.stringContaining('exit code 1'),
    });
  });

  it('asks for memory after an out-of-memory kill', () => {
    const ended = { restartCount: 5, lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } } };
    expect(explainPod(waiting('CrashLoopBackOff', '', ended), NOW)?.class).toBe('resource_shortage');
  });

  it('looks at init containers too', () => {
    const init = { name: 'migrate', image: 'shop:1', state: { waiting: { reason: 'ImagePullBackOff' } } };
    expect(explainPod(pod({ initContainerStatuses: [init] }), NOW)?.class).toBe('application');
  });

  it('gives the scheduler 15 seconds', () => {
    const since = (lastTransitionTime: string) => {
      const message = '0/3 nodes are available: 3 Insufficient cpu.';
      return pod({
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime }],
      });
    };
    expect(explainPod(since('2026-01-01T00:00:50Z'), NOW)).toBeUndefined();
    expect(explainPod(since('2026-01-01T00:00:40Z'), NOW)).toMatchObject({
      class: 'resource_shortage',
      reason: expect.stringContaining('Insufficient cpu'),
    });
  });

  it('names a claim that is not there', () => {
    const message = '0/1 nodes are available: persistentvolumeclaim "data" not found.';
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
    expect(explainPod(pod({ conditions: [condition] }), NOW)?.reason).toContain('"data"');
  });

  it('is silent about a pod that is coming up', () => {
    expect(explainPod(waiting('ContainerCreating'), NOW)).toBeUndefined();
  });
});
