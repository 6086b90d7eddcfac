import { expect, it } from 'vitest';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import type { Attempt } from '../carry-out-steps/attempt.js';
import type { Clusters } from '../clusters/clusters.js';
import type { EnvironmentCredentials } from '../credentials/environment-credentials.js';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import type { KubernetesObject, ObjectRef } from '../kubernetes/resources.js';
import type { Manifest } from '../manifests/manifest.js';
import type { ProvisioningSettings } from '../settings.js';
import { dueFor, stateAfter } from '../spec-log.js';
import { EnvironmentPlanner } from './environment-planner.js';
import { ExportStep } from './export-step.js';
import type { WorkingEnvironment } from './working-environment.js';

const environment = stateAfter(...dueFor.export) as WorkingEnvironment;
const settings = { waitMs: 1_000, publicUrl: 'https://keiyaku.example' } as ProvisioningSettings;
/** The plan of the environment is not among them. */
const catalogue: Catalogue = { plans: {}, regions: {} };
const credentials = {
  ensure: () => Promise.resolve({ name: { id: 'c', version: 1 }, password: 'secret' }),
} as unknown as EnvironmentCredentials;
const planner = new EnvironmentPlanner(catalogue, credentials, settings);
const attempt = {
  id: 'a',
  signal: new AbortController().signal,
  hold: () => undefined,
  report: () => Promise.resolve(),
  next: () => ({ attempt: 'b', until: '2026-01-05T09:00:15.000Z' }),
  context: () => ({}),
} as unknown as Attempt;

const container = { image: 'registry.example/app:1', resources: { limits: { cpu: '1', memory: '1Gi' } } };
const volume = { kind: 'PersistentVolumeClaim', metadata: { name: 'files' } };
const files = {
  kind: 'Deployment',
  metadata: { name: 'files' },
  spec: { template: { spec: { containers: [container] } } },
};

/** With a cluster in which every Job is complete as soon as it is applied. */
function exportFrom(...objects: readonly object[]) {
  const standing = [...objects] as KubernetesObject[];
  const cluster = {
    get: ({ kind, name }: ObjectRef) =>
      Promise.resolve(standing.find((object) => object.kind === kind && object.metadata.name === name)),
    apply: (object: Manifest) => {
      standing.push({ ...object, status: { conditions: [{ type: 'Complete', status: 'True' }] } });
      return Promise.resolve();
    },
  } as unknown as KubernetesClient;
  const clusters = { of: () => Promise.resolve(cluster) } as unknown as Clusters;
  return { standing, exported: new ExportStep(clusters, planner, settings).export(environment, attempt) };
}

it('of a plan that is not sold any more is made by what served the files', async () => {
  const { standing, exported } = exportFrom(volume, files);
  await exported;
  expect(standing.at(-1)).toMatchObject({ kind: 'Job', spec: { template: { spec: { containers: [container] } } } });
});

it('of a plan that is not sold any more, and that nothing can read, says what to do', async () => {
  await expect(exportFrom(volume).exported).rejects.toMatchObject({
    failure: {
      class: 'configuration',
      object: `Deployment files in ${environment.identity.namespace}`,
      whatToDo: 'Add the plan "enterprise" to the catalogue, then retry; or hand the files out by hand, then resolve.',
    },
  });
});

it.each([
  ['makes', [volume, files]],
  ['has nothing to hand out', []],
])('goes on to nothing when it %s an export: the plan takes its turn', async (_what, objects) => {
  const { data } = await exportFrom(...objects).exported;
  expect(data).toMatchObject({ attempt: 'a' });
  expect(data).not.toHaveProperty('next');
});

it('is followed by a plan that keeps what the customer owns, and needs no catalogue for it', async () => {
  const { objects } = await planner.plan({ ...environment, mode: 'retired' });
  expect(objects.map(({ kind }) => kind).filter((kind) => kind !== 'NetworkPolicy')).toEqual([
    'Namespace',
    'ServiceAccount',
    'Role',
    'RoleBinding',
    'Secret',
    'ConfigMap',
    'PersistentVolumeClaim',
  ]);
  await expect(planner.plan({ ...environment, mode: 'running' })).rejects.toThrow('The catalogue has no plan');
});
