import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { type KubernetesSimulator, startKubernetesSimulator } from '#libs/testing/src/kubernetes-simulator.js';
import { testRedisUrl } from '#libs/testing/src/redis.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { ProvisioningModule } from '../provisioning.module.js';
import { contract, inStatus, sign, typesOf } from '../spec-provisioning.js';

let cluster: KubernetesSimulator;
let app: TestApp;
let redis: Redis;

beforeAll(async () => {
  cluster = await startKubernetesSimulator();
  redis = new Redis(await testRedisUrl());
  app = await startTestApp({
    modules: [ProvisioningModule],
    contexts: ['provisioning'],
    env: { KUBECONFIG: cluster.kubeconfig, PROVISIONING_RECONCILE_MS: '100' },
  });
});

afterAll(async () => {
  await app.close();
  redis.disconnect();
  await cluster.stop();
});

it('queues again what Redis has forgotten', async () => {
  const id = await sign(app, contract());
  let seen = 0;
  await eventually(
    async () => {
      const types = await typesOf(app, id);
      if (types.length > seen) await redis.flushdb();
      seen = types.length;
      expect(types).toContain('environment.ready');
    },
    { timeoutMs: 30_000 },
  );
  const { steps } = await inStatus(app, id, 'ready');
  expect(steps.map(({ tries }) => tries)).toEqual([1, 1, 1, 1, 1, 1]);
});
