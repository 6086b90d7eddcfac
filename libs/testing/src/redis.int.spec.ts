import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { startRedis } from '#libs/local-stack/src/redis.js';
import { assertTestRedis, testRedisUrl } from './redis.js';

it('gives this file one database and flushes it only once', async () => {
  const url = await testRedisUrl();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  expect(await redis.dbsize()).toBe(0);
  await redis.set('kept', 'yes');
  expect(await testRedisUrl()).toBe(url);
  expect(await redis.get('kept')).toBe('yes');
});

it('refuses a Redis that no test run has started', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keiyaku-somebody-'));
  const server = await startRedis({ dataDir: join(folder, 'redis'), durable: false });
  const redis = new Redis(server.url);
  onTestFinished(async () => {
    redis.disconnect();
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  await expect(assertTestRedis(redis)).rejects.toThrow('Tests do not touch this Redis');
});
