import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import type { Attempt } from '../carry-out-steps/attempt.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import type { KubernetesObject, ObjectRef } from '../kubernetes/resources.js';
import type { Manifest } from '../manifests/manifest.js';
import { abcEnvironment } from '../spec-environment.js';
import type { EnvironmentPlanner } from '../steps/environment-planner.js';
import type { WorkingEnvironment } from '../steps/working-environment.js';
import { folderContent, kustomizationFile } from './folder-content.js';
import { GitOpsSteps } from './gitops-steps.js';

const { namespace } = abcEnvironment;
const planned: readonly Manifest[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace } },
];
const former: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'former', namespace, uid: 'u-9' },
};

/** Applies what is planned to a cluster where the controller is done, and an object of somebody else stands. */
function apply(warnings: string[]) {
  const written = folderContent(abcEnvironment, planned).written.map(({ object }) => object);
  const cluster = {
    get: ({ kind, name }: ObjectRef) =>
      Promise.resolve([...written, former].find((object) => object.kind === kind && object.metadata.name === name)),
    apply: (object: Manifest) =>
      Promise.resolve({
        object: { ...object, metadata: { ...object.metadata, uid: 'u-1' } },
        outcome: 'created',
        warnings,
      }),
    delete: () => Promise.reject(new Error('It is not ours to delete.')),
  } as unknown as KubernetesClient;
  const planner = { recorded: () => Promise.resolve({ objects: planned }) } as unknown as EnvironmentPlanner;
  const settings = { dir: temporaryFolder(), push: false, syncMs: 1_000 };
  const steps = new GitOpsSteps(settings, { of: () => Promise.resolve(cluster) }, planner);
  const inventory = [{ kind: 'Service', name: 'former', namespace, uid: 'u-8' }];
  const environment = { identity: abcEnvironment, mode: 'running', inventory } as unknown as WorkingEnvironment;
  const nothing = (): void => undefined;
  const attempt = {
    id: 'a',
    signal: new AbortController().signal,
    hold: nothing,
    leavePlace: nothing,
    next: nothing,
    context: () => ({}),
  } as unknown as Attempt;
  return steps.apply(environment, attempt);
}

describe('what the folder does not apply or prune', () => {
  it('is applied by us, and says in the log what is not wanted any more and is not ours', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    onTestFinished(() => warn.mockRestore());
    const { data } = await apply([]);
    expect(data).toMatchObject({
      objects: [
        { kind: 'Namespace', name: namespace, uid: 'u-1', outcome: 'created' },
        { kind: 'ConfigMap', name: 'settings', namespace, uid: 'u-1', outcome: 'created' },
      ],
    });
    expect(data).not.toHaveProperty('pruned');
    const why = 'it is not the object that was applied: its uid is another one';
    const { environmentId } = abcEnvironment;
    expect(warn.mock.calls).toEqual([
      [
        { environmentId, kept: [{ object: `Service former in ${namespace}`, why }] },
        'Objects that are not wanted any more are not ours',
      ],
    ]);
  });

  it('fails the step at once when the cluster warns of what will surely fail', async () => {
    const failed = apply(['would violate PodSecurity "restricted:latest": seccompProfile']);
    await expect(failed).rejects.toBeInstanceOf(StepFailed);
    await expect(failed).rejects.toMatchObject({ failure: { object: `Namespace ${namespace}` } });
  });
});

it('takes out an environment that was never placed without any cluster', async () => {
  const dir = temporaryFolder();
  const path = join(dir, 'default', abcEnvironment.namespace);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, kustomizationFile), 'resources: []\n');
  const clusters = { of: () => Promise.reject(new Error('The cluster default is not in the registry')) };
  const steps = new GitOpsSteps({ dir, push: false, syncMs: 1_000 }, clusters, {} as EnvironmentPlanner);
  const environment = { identity: abcEnvironment, inventory: [] } as unknown as WorkingEnvironment;
  const attempt = { hold: () => undefined, leavePlace: () => undefined } as unknown as Attempt;
  await steps.takeOut(environment, attempt);
  expect(existsSync(path)).toBe(false);
  const placed = { ...environment, clusterId: 'default' };
  await expect(steps.takeOut(placed, attempt)).rejects.toThrow('The cluster default is not in the registry');
});
