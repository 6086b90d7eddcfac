import { afterAll, beforeAll, expect, it } from 'vitest';
import { contract, inStatus, type ProvisioningApp, sign, startProvisioningApp, typesOf } from '../spec-provisioning.js';

let app: ProvisioningApp;

beforeAll(async () => {
  app = await startProvisioningApp({
    podStartMs: 600_000,
    env: { PROVISIONING_LEASE_MS: '600', PROVISIONING_RECONCILE_MS: '50', PROVISIONING_WAIT_SECONDS: '2' },
  });
});

afterAll(() => app.close());

it('keeps its lease while it waits, and asks for attention at the deadline', async () => {
  const id = await sign(app, contract());
  const stuck = await inStatus(app, id, 'needs_attention');
  expect(stuck.attention).toMatchObject({
    step: 'wait',
    object: expect.stringMatching(/^Deployment (web|files) in env-/),
    reason: expect.stringMatching(/^Not everything came up within 2 s \(.*0 of 1 pods are ready/),
  });
  expect(stuck.steps.at(-1)).toMatchObject({ name: 'wait', tries: 1 });
  expect(await typesOf(app, id)).toContain('environment.progressed');
});
