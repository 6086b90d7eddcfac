import { expect, it } from 'vitest';
import type { KubernetesObject } from './resources.js';
import { holdups, stuck } from './terminating.js';

const namespace = (conditions: object[] = [], finalizers: string[] = []): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'env-abc', deletionTimestamp: '2026-01-01T00:00:00Z', finalizers },
  status: { phase: 'Terminating', conditions },
});
const held = (finalizers: string[], deletionTimestamp?: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'files', namespace: 'env-abc', finalizers, ...(deletionTimestamp && { deletionTimestamp }) },
});
const remaining = (message: string) => ({ type: 'NamespaceFinalizersRemaining', status: 'True', message });
const content = {
  type: 'NamespaceContentRemaining',
  status: 'True',
  message: 'Some resources are remaining: a. has 1',
};

it('names the object and each of its finalizers', () => {
  const claim = held(['kubernetes.io/pvc-protection', 'acme.io/backup'], '2026-01-01T00:00:00Z');
  expect(holdups(namespace(), [claim, held(['acme.io/other'])])).toEqual([
    {
      object: 'PersistentVolumeClaim files in env-abc',
      why: 'it waits for the finalizer kubernetes.io/pvc-protection',
    },
    { object: 'PersistentVolumeClaim files in env-abc', why: 'it waits for the finalizer acme.io/backup' },
  ]);
});

it('names the finalizers of the namespace itself', () => {
  expect(holdups(namespace([], ['acme.io/hold']), [])).toEqual([
    { object: 'Namespace env-abc', why: 'it waits for the finalizer acme.io/hold' },
  ]);
});

it('repeats what the namespace says of finalizers on objects that were not seen, and of no others', () => {
  const message = 'Some content in the namespace has finalizers remaining: acme.io/hold in 1 resource instances';
  const unseen = namespace([content, remaining(message)]);
  expect(holdups(unseen, [])).toEqual([{ object: 'Namespace env-abc', why: message }]);
  const seen = held(['acme.io/hold'], '2026-01-01T00:00:00Z');
  expect(holdups(unseen, [seen]).map(({ object }) => object)).toEqual(['PersistentVolumeClaim files in env-abc']);
});

it('repeats what could not be deleted', () => {
  const message = 'Failed to delete all resource types, 1 remaining: admission webhook "guard" denied the request';
  const failure = { type: 'NamespaceDeletionContentFailure', status: 'True', message };
  expect(holdups(namespace([failure]), [])).toEqual([{ object: 'Namespace env-abc', why: message }]);
  expect(holdups(namespace([{ ...failure, status: 'False' }]), [])).toEqual([]);
});

it('tells of content that remains when nothing else is known', () => {
  expect(holdups(namespace([content]), [])).toEqual([{ object: 'Namespace env-abc', why: content.message }]);
});

it('says what to do with what holds a namespace, and whom to ask when nothing does', () => {
  const seen = [
    { object: 'ConfigMap a in env-abc', why: 'it waits for the finalizer acme.io/hold' },
    { object: 'ConfigMap b in env-abc', why: 'it waits for the finalizer acme.io/hold' },
  ];
  expect(stuck(namespace(), seen, 300)).toMatchObject({
    class: 'configuration',
    object: 'ConfigMap a in env-abc',
    reason:
      'The namespace has not gone within 300 s. ConfigMap a in env-abc: it waits for the finalizer acme.io/hold ' +
      '(and ConfigMap b in env-abc: it waits for the finalizer acme.io/hold)',
    whatToDo: expect.stringContaining('take the finalizer off the object'),
  });
  expect(stuck(namespace(), [], 300)).toMatchObject({
    class: 'transient',
    object: 'Namespace env-abc',
    whatToDo: expect.stringContaining('controller manager'),
  });
});
