import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { startRedis } from './redis.js';
import type { RedisOptions, RunningRedis } from './redis.js';

async function start(options: Omit<RedisOptions, 'durable'>): Promise<RunningRedis> {
  const redis = await startRedis({ ...options, durable: true });
  onTestFinished(() => redis.stop());
  return redis;
}

function connect(url: string): Redis {
  const redis = new Redis(url, { retryStrategy: () => null });
  redis.on('error', () => undefined);
  onTestFinished(() => redis.disconnect());
  return redis;
}

it('keeps what it was told when it is killed and started again on the same port', async () => {
  const dataDir = join(temporaryFolder(), 'redis');
  const first = await start({ dataDir });
  await connect(first.url).set('job', 'waiting');
  // The append-only file is flushed every second; a killed process loses only what it has not yet handed to the kernel.
  first.kill('SIGKILL');
  expect(await first.exited).toBe('was ended by SIGKILL');

  const second = await start({ dataDir, port: first.port });
  expect(await connect(second.url).get('job')).toBe('waiting');
});

it('lets in nobody without the password, which only the owner can read', async () => {
  const dataDir = join(temporaryFolder(), 'redis');
  const { url, port } = await start({ dataDir, password: 'secret-of-this-test' });
  expect(await connect(url).ping()).toBe('PONG');
  await expect(connect(`redis://127.0.0.1:${port}`).ping()).rejects.toThrow('NOAUTH');
  expect(statSync(join(dataDir, 'redis.conf')).mode & 0o777).toBe(0o600);
});
