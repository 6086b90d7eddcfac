import { Redis } from 'ioredis';
import { inject } from 'vitest';
import { REDIS_DATABASES } from './test-environment.js';

let flushed: Promise<string> | undefined;

/** A Redis database for this spec file, empty at the first call. Vitest runs one file at a time per pool id. */
export function testRedisUrl(): Promise<string> {
  flushed ??= flush();
  return flushed;
}

/** Throws unless this Redis is one that a test run has started. */
export async function assertTestRedis(redis: Redis): Promise<void> {
  const [, folder] = (await redis.config('GET', 'dir')) as [string, string];
  if (folder.includes('test')) return;
  throw new Error(
    `Tests do not touch this Redis: its folder "${folder}" lacks "test". Take a URL from testRedisUrl() instead.`,
  );
}

async function flush(): Promise<string> {
  const number = Number(process.env['VITEST_POOL_ID'] ?? 0);
  if (number >= REDIS_DATABASES) {
    throw new Error(`Redis has ${REDIS_DATABASES} databases for tests: run Vitest with --maxWorkers below that.`);
  }
  const url = `${inject('redisUrl')}/${number}`;
  const redis = new Redis(url);
  try {
    await assertTestRedis(redis);
    await redis.flushdb();
  } finally {
    redis.disconnect();
  }
  return url;
}
