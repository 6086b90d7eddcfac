import { expect, it } from 'vitest';
import type { FailureClass } from '#libs/events/src/provisioning.js';
import { classify, type Signal } from './classify.js';
import { type Cause, KubernetesApiError, KubernetesUnreachable } from './errors.js';
import type { KubernetesObject } from './resources.js';

const now = new Date('2026-01-01T00:01:00Z');
const about = 'Deployment web in env-abc';
const quota = 'exceeded quota: plan, requested: pods=1, used: pods=1, limited: pods=1';
const security = 'violates PodSecurity "restricted:latest": runAsNonRoot != true';

/** What the API server answers to a request. */
function answer(status: number, message: string, reason = '', causes: Cause[] = []): Signal {
  return { from: 'answer', about, error: new KubernetesApiError(status, about, { message, reason, causes }) };
}

function object(kind: string, status: object, more: object = {}): KubernetesObject {
  return { apiVersion: 'v1', kind, metadata: { name: 'web', namespace: 'env-abc', ...more }, status };
}

function condition(
  kind: string,
  type: string,
  status: string,
  reason: string,
  message = '',
  more: object = {},
): Signal {
  return { from: 'object', object: object(kind, { conditions: [{ type, status, reason, message }] }, more) };
}

function waiting(reason: string, message = '', more: object = {}): Signal {
  const container = { name: 'web', image: 'shop:1', state: { waiting: { reason, message } }, ...more };
  return { from: 'pod', pod: object('Pod', { containerStatuses: [container] }) };
}

/** The kubelet's message, which names the image, mostly under another tag than the pod's status does. */
function pulling(cause: string): Signal {
  return waiting('ErrImagePull', `rpc error: failed to pull and unpack image ${cause}`);
}

function crashing(terminated: object): Signal {
  return waiting('CrashLoopBackOff', '', { restartCount: 5, lastState: { terminated } });
}

function unplaced(message: string, lastTransitionTime: string): Signal {
  const scheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime };
  return { from: 'pod', pod: object('Pod', { conditions: [scheduled] }) };
}

function event(reason: string, message: string): Signal {
  const involvedObject = { kind: 'PersistentVolumeClaim', name: 'files', namespace: 'env-abc' };
  return { from: 'event', event: { ...object('Event', {}), reason, message, involvedObject } };
}

const digest = `sha256:${'c0ffee429'.repeat(7)}d`;
const pending = [{ object: about, why: '0 of 1 pods are ready' }];
const registryAway = { object: 'Pod web-1 in env-abc', class: 'transient', reason: 'r', whatToDo: 'w' } as const;
const terminating = [{ reason: 'NamespaceTerminating', message: 'namespace env-abc is being terminated' }];
const conflict = [{ reason: 'FieldManagerConflict', field: '.spec.replicas', message: 'conflict with "kubectl"' }];

/** Every row of the two tables of what clusters answer and show, and what it says in plain words. */
const rows: readonly (readonly [what: string, signal: Signal, class_: FailureClass | undefined, says: string])[] = [
  ['a missing namespace', answer(404, 'namespaces "x" not found', 'NotFound'), 'transient', 'The namespace x'],
  [
    'an unknown field',
    answer(500, 'failed to create typed patch object: .spec.replcas: field not declared in schema'),
    'configuration',
    '.spec.replcas',
  ],
  [
    'a bad value',
    answer(422, 'invalid', 'Invalid', [{ field: 'spec.replicas', message: 'Invalid value: -1' }]),
    'configuration',
    'spec.replicas: Invalid value: -1',
  ],
  [
    'an immutable field',
    answer(422, 'invalid', 'Invalid', [{ field: 'spec.selector', message: 'field is immutable' }]),
    'configuration',
    'spec.selector cannot be changed',
  ],
  [
    'an immutable claim',
    answer(422, 'invalid', 'Invalid', [
      { reason: 'FieldValueForbidden', field: 'spec', message: 'Forbidden: spec is immutable after creation' },
    ]),
    'configuration',
    'spec cannot be changed',
  ],
  ['a used-up quota', answer(403, `forbidden: ${quota}`, 'Forbidden'), 'resource_shortage', 'The quota "plan"'],
  ['Pod Security on a pod', answer(403, `forbidden: ${security}`, 'Forbidden'), 'configuration', 'Pod Security'],
  [
    'Pod Security on a Deployment',
    { from: 'warning', about, text: `would ${security.replace('violates', 'violate')}` },
    'configuration',
    'Pod Security',
  ],
  ['a harmless warning', { from: 'warning', about, text: 'metadata.finalizers: prefer a domain' }, undefined, ''],
  [
    'a missing permission',
    answer(403, 'User "keiyaku" cannot create resource "pods" in the namespace', 'Forbidden'),
    'configuration',
    'cannot create resource',
  ],
  [
    'a namespace that goes away',
    answer(403, 'forbidden', 'Forbidden', terminating),
    'transient',
    'The namespace is being deleted',
  ],
  ['drift', answer(409, 'Apply failed', 'Conflict', conflict), 'configuration', 'Somebody else manages .spec.replicas'],
  ['a lost race', answer(409, 'the object has been modified', 'Conflict'), 'transient', 'Somebody changed'],
  ['a missing kind', answer(404, '404 page not found'), 'configuration', 'does not know this kind'],
  ['bad credentials', answer(401, 'Unauthorized', 'Unauthorized'), 'configuration', 'credentials'],
  ['too many requests', answer(429, 'slow down', 'TooManyRequests'), 'transient', '429'],
  ['an unavailable server', answer(503, 'apiserver not ready', 'ServiceUnavailable'), 'transient', '503'],
  ['a server that was too slow', answer(504, 'timeout', 'Timeout'), 'transient', '504'],
  ['a broken server', answer(500, 'etcdserver: leader changed', 'InternalError'), 'transient', 'leader changed'],
  ['a watch that is too old', answer(410, 'too old resource version', 'Expired'), 'transient', 'too old'],
  [
    'a server that does not answer',
    { from: 'answer', about, error: new KubernetesUnreachable('https://10.0.0.1:6443', 'ECONNREFUSED') },
    'transient',
    'https://10.0.0.1:6443',
  ],
  [
    'ReplicaFailure by quota',
    condition('Deployment', 'ReplicaFailure', 'True', 'FailedCreate', quota),
    'resource_shortage',
    'The quota "plan"',
  ],
  [
    'ReplicaFailure by Pod Security',
    condition('Deployment', 'ReplicaFailure', 'True', 'FailedCreate', security),
    'configuration',
    'Pod Security',
  ],
  [
    'a late rollout',
    condition('Deployment', 'Progressing', 'False', 'ProgressDeadlineExceeded'),
    'application',
    'in time',
  ],
  ['a rollout', condition('Deployment', 'Progressing', 'True', 'ReplicaSetUpdated'), undefined, ''],
  ['ErrImagePull', waiting('ErrImagePull', 'not found'), 'application', '"shop:1"'],
  ['ImagePullBackOff', waiting('ImagePullBackOff'), 'application', '"shop:1"'],
  ['InvalidImageName', waiting('InvalidImageName'), 'application', '"shop:1"'],
  ['ErrImageNeverPull', waiting('ErrImageNeverPull'), 'application', '"shop:1"'],
  ['an image that is not for us', waiting('ErrImagePull', '401 Unauthorized'), 'configuration', 'does not let us pull'],
  ['a slow registry', waiting('ErrImagePull', 'i/o timeout'), 'transient', 'does not answer'],
  ['a busy registry', waiting('ErrImagePull', '429 Too Many Requests'), 'transient', 'does not answer'],
  ['a tag with a status in it', pulling('"shop:1.403.0": not found'), 'application', 'cannot be pulled'],
  ['a tag that is 503', pulling('"registry.example/shop:503": not found'), 'application', 'cannot be pulled'],
  ['a digest with a status in it', pulling(`"shop@${digest}": not found`), 'application', 'cannot be pulled'],
  ['a digest alone', pulling(`content ${digest}: not found`), 'application', 'cannot be pulled'],
  ['an image with a failure in its name', pulling('"timeout/denied:1": not found'), 'application', 'cannot be pulled'],
  ['no access to a tag', pulling('"shop:1.503.0": 403 Forbidden'), 'configuration', 'does not let us pull'],
  ['no answer for a tag', pulling('Head "https://r.example/v2/shop/1.401": i/o timeout'), 'transient', 'not answer'],
  [
    'an error in JSON, which quotes words',
    pulling('{"errors":[{"code":"DENIED","detail":"shop/web"}]}'),
    'configuration',
    'does not let us pull',
  ],
  ['CreateContainerConfigError', waiting('CreateContainerConfigError', 'secret "a" not found'), 'configuration', '"a"'],
  ['CreateContainerError', waiting('CreateContainerError', 'no command'), 'configuration', 'no command'],
  ['RunContainerError', waiting('RunContainerError', 'exec: not found'), 'configuration', 'exec: not found'],
  ['CrashLoopBackOff', crashing({ exitCode: 1 }), 'application', 'exit code 1'],
  ['OOMKilled', crashing({ reason: 'OOMKilled', exitCode: 137 }), 'resource_shortage', 'more memory'],
  [
    'an init container',
    {
      from: 'pod',
      pod: object('Pod', {
        initContainerStatuses: [{ name: 'migrate', image: 'shop:1', state: { waiting: { reason: 'ErrImagePull' } } }],
      }),
    },
    'application',
    '"shop:1"',
  ],
  ['a full cluster', unplaced('3 Insufficient cpu.', '2026-01-01T00:00:40Z'), 'resource_shortage', 'Insufficient cpu'],
  ['a cluster that was full a moment ago', unplaced('3 Insufficient cpu.', '2026-01-01T00:00:50Z'), undefined, ''],
  ['a pod whose claim is not bound', unplaced('pod has unbound immediate PersistentVolumeClaims', ''), undefined, ''],
  ['FailedBinding', event('FailedBinding', 'no persistent volumes available'), 'configuration', 'no volume'],
  ['a full storage', event('ProvisioningFailed', 'quota exceeded'), 'resource_shortage', 'quota exceeded'],
  ['a slow storage', event('ProvisioningFailed', 'rpc error: DeadlineExceeded: deadline exceeded'), 'transient', 'rpc'],
  ['a bad storage class', event('ProvisioningFailed', 'unknown parameter'), 'configuration', 'unknown parameter'],
  ['WaitForFirstConsumer', event('WaitForFirstConsumer', 'waiting for first consumer'), undefined, ''],
  ['a job out of tries', condition('Job', 'Failed', 'True', 'BackoffLimitExceeded'), 'application', 'BackoffLimit'],
  ['a job out of time', condition('Job', 'Failed', 'True', 'DeadlineExceeded'), 'application', 'DeadlineExceeded'],
  [
    'a finalizer',
    condition(
      'Namespace',
      'NamespaceFinalizersRemaining',
      'True',
      'SomeFinalizersRemain',
      'Some content in the namespace has finalizers remaining: acme.io/hold in 1 resource instances',
      { deletionTimestamp: '2026-01-01T00:00:00Z' },
    ),
    'configuration',
    'the finalizer acme.io/hold',
  ],
  [
    'a lost volume',
    { from: 'object', object: object('PersistentVolumeClaim', { phase: 'Lost' }) },
    'configuration',
    'gone',
  ],
  ['a deadline', { from: 'deadline', seconds: 300, pending }, 'application', 'within 300 s (Deployment web'],
  ['a deadline after hope', { from: 'deadline', seconds: 300, pending, seen: registryAway }, 'transient', 'r. Not'],
];

it.each(rows)('%s', (_what, signal, class_, says) => {
  const failure = classify(signal, now);
  expect(failure?.class).toBe(class_);
  expect(failure?.reason ?? '').toContain(says);
  expect([failure?.object, failure?.whatToDo]).not.toContain('');
});
