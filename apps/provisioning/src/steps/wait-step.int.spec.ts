import { afterAll, beforeAll, expect, it } from 'vitest';
import { type KubernetesSimulator, startKubernetesSimulator } from '#libs/testing/src/kubernetes-simulator.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { ProvisioningModule } from '../provisioning.module.js';
import { contract, inStatus, sign, typesOf } from '../spec-provisioning.js';

let cluster: KubernetesSimulator;
let app: TestApp;

beforeAll(async () => {
  cluster = await startKubernetesSimulator({ podStartMs: 600_000 });
  app = await startTestApp({
    modules: [ProvisioningModule],
    contexts: ['provisioning'],
    env: {
      KUBECONFIG: cluster.kubeconfig,
      PROVISIONING_LEASE_MS: '600',
      PROVISIONING_RECONCILE_MS: '50',
      PROVISIONING_WAIT_SECONDS: '2',
    },
  });
});

afterAll(async () => {
  await app.close();
  await cluster.stop();
});

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
