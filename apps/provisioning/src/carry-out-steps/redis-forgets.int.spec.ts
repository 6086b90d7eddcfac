import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { testRedisUrl } from '#libs/testing/src/redis.js';
import { contract, inStatus, type ProvisioningApp, sign, startProvisioningApp, typesOf } from '../spec-provisioning.js';

let app: ProvisioningApp;
let redis: Redis;

beforeAll(async () => {
  redis = new Redis(await testRedisUrl());
  app = await startProvisioningApp({ env: { PROVISIONING_RECONCILE_MS: '100' } });
});

afterAll(async () => {
  await app.close();
  redis.disconnect();
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
