import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import type { Attempt } from '../carry-out-steps/attempt.js';
import { abcEnvironment } from '../spec-environment.js';
import type { EnvironmentPlanner } from '../steps/environment-planner.js';
import type { WorkingEnvironment } from '../steps/working-environment.js';
import { kustomizationFile } from './folder-content.js';
import { GitOpsSteps } from './gitops-steps.js';

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
