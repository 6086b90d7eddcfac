import { expect, it } from 'vitest';
import type { Clusters } from '../clusters/clusters.js';
import type { Known } from '../domain/environment.js';
import type { ApplyOptions } from '../kubernetes/kubernetes-client.js';
import type { KubernetesObject, ObjectRef } from '../kubernetes/resources.js';
import type { Manifest } from '../manifests/manifest.js';
import { abcEnvironment } from '../spec-environment.js';
import { running, stateAfter } from '../spec-log.js';
import type { EnvironmentPlanner } from '../steps/environment-planner.js';
import { DriftFinder } from './drift-finder.js';

const { namespace: name } = abcEnvironment;
const { signal } = new AbortController();
const own: Manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
const settings: Manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: name } };
const service: Manifest = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: name } };

/** What is found where these objects stand, and all three are planned. */
async function foundWith(...standing: readonly KubernetesObject[]) {
  const at = ({ kind, name: wanted }: ObjectRef) =>
    standing.find((object) => object.kind === kind && object.metadata.name === wanted);
  const cluster = {
    get: (ref: ObjectRef) => Promise.resolve(at(ref)),
    apply: (object: Manifest, { dryRun }: ApplyOptions) => {
      if (!dryRun) throw new Error('A look changes nothing.');
      const before = at({ ...object, name: object.metadata.name });
      return Promise.resolve({ object, before, outcome: before ? 'unchanged' : 'created', warnings: [] });
    },
  };
  const finder = new DriftFinder(
    { of: () => Promise.resolve(cluster) } as unknown as Clusters,
    { plan: () => Promise.resolve({ objects: [own, settings, service], hash: 'h' }) } as unknown as EnvironmentPlanner,
  );
  return finder.find(stateAfter(...running) as Known, signal);
}

it('finds nothing where all is as planned', async () => {
  expect(await foundWith(own, settings, service)).toEqual({ planHash: 'h', objects: [] });
});

it('finds an object that somebody deleted', async () => {
  expect(await foundWith(own, settings)).toEqual({
    planHash: 'h',
    fingerprint: expect.any(String) as unknown,
    objects: [{ kind: 'Service', name: 'web', namespace: name, what: 'missing', fields: [] }],
  });
});

it('finds that the whole namespace is gone, in which nothing can be rehearsed', async () => {
  const { objects } = await foundWith();
  expect(objects).toEqual([{ kind: 'Namespace', name, what: 'missing', fields: [] }]);
});

it('does not look at what is not planned', async () => {
  const another = { ...settings, metadata: { ...settings.metadata, name: 'somebodys' } };
  expect((await foundWith(own, settings, service, another)).objects).toEqual([]);
});
