import type { CommandBus } from '@nestjs/cqrs';
import { expect, it } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import type { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import type { Attempt } from '../carry-out-steps/attempt.js';
import type { ClusterCredentials } from '../clusters/cluster-credentials.js';
import { abcEnvironment } from '../spec-environment.js';
import type { WorkingEnvironment } from '../steps/working-environment.js';
import { InfrastructureStep } from './infrastructure-step.js';

it("a cluster whose work folder can't be seen loses nothing and stays in the registry", async () => {
  const done: string[] = [];
  const step = new InfrastructureStep(
    loadCatalogue(),
    { program: '/nowhere/terraform', dir: temporaryFolder(), patienceMs: 1_000 },
    { execute: async (command: object) => void done.push(command.constructor.name) } as unknown as CommandBus,
    { load: async () => ({ status: 'open' }) } as unknown as Aggregates,
    { destroy: async () => void done.push('destroy') } as unknown as ClusterCredentials,
  );
  const environment = { identity: abcEnvironment, inventory: [] } as unknown as WorkingEnvironment;
  const attempt = { context: () => ({}), leavePlace: () => undefined } as unknown as Attempt;
  const empty = async (): Promise<never> => {
    done.push('empty');
    throw new Error('Nothing may be deleted.');
  };
  await expect(step.delete(environment, attempt, empty)).rejects.toMatchObject({
    failure: { class: 'configuration', reason: expect.stringContaining('The work folder of the cluster is missing') },
  });
  expect(done).toEqual([]);
});
