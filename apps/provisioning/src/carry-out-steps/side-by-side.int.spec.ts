import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { contract, type ProvisioningApp, sign, startProvisioningApp, typesOf } from '../spec-provisioning.js';

/** More than may be on their way into the cluster at once. */
const many = 12;

let app: ProvisioningApp;

beforeAll(async () => {
  app = await startProvisioningApp({ podStartMs: 600_000 });
});

afterAll(() => app.close());

it('applies environments while as many others as may be applied at once wait for pods that do not come', async () => {
  const ids = await Promise.all(Array.from({ length: many }, () => sign(app, contract())));
  await eventually(
    async () => {
      const logs = await Promise.all(ids.map((id) => typesOf(app, id)));
      expect(logs.filter((types) => types.includes('environment.applied'))).toHaveLength(many);
    },
    { timeoutMs: 60_000 },
  );
  const logs = await Promise.all(ids.map((id) => typesOf(app, id)));
  const once = ['environment.planned', 'environment.dry_run_passed', 'environment.applied'];
  for (const types of logs) expect(types.filter((type) => once.includes(type))).toEqual(once);
  expect(logs.flat()).not.toContain('environment.available');
});
