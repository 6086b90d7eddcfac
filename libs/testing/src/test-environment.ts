import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { readJson, writeJson } from '#libs/local-stack/src/files.js';
import { PartRecords } from '#libs/local-stack/src/part-records.js';
import { startPostgres } from '#libs/local-stack/src/postgres.js';
import { identify, isAlive } from '#libs/local-stack/src/process-table.js';
import type { ProcessIdentity } from '#libs/local-stack/src/process-table.js';
import { startRedis } from '#libs/local-stack/src/redis.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser of the run's Postgres, database `postgres`. */
    postgresUrl: string;
    /** The run's Redis, without a database number. */
    redisUrl: string;
  }
}

const FOLDER_PREFIX = 'keiyaku-test-';
export const REDIS_DATABASES = 64;

/** Runs once for all spec files: one Postgres and one Redis, fast instead of durable, in a folder that goes with the run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeAbandonedRuns();
  const folder = mkdtempSync(join(realpathSync(tmpdir()), FOLDER_PREFIX));
  writeJson(join(folder, 'owner.json'), identify(process.pid));
  const records = new PartRecords(join(folder, 'parts.json'));
  const [postgres, redis] = await Promise.all([
    startPostgres({
      dataDir: join(folder, 'postgres'),
      durable: false,
      onSpawn: (process) => records.add({ name: 'Postgres', process, stopSignal: 'SIGINT' }),
    }),
    startRedis({
      dataDir: join(folder, 'redis'),
      durable: false,
      databases: REDIS_DATABASES,
      onSpawn: (process) => records.add({ name: 'Redis', process, stopSignal: 'SIGTERM' }),
      report: (line) => process.stderr.write(`${line}\n`),
    }),
  ]);
  project.provide('postgresUrl', postgres.url);
  project.provide('redisUrl', redis.url);
  return async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
}

/** A run that was killed leaves its folder, and what runs in it when even the kernel did not end that. */
async function removeAbandonedRuns(): Promise<void> {
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(FOLDER_PREFIX));
  for (const folder of folders.map((name) => join(tmpdir(), name))) {
    const owner = readJson<ProcessIdentity>(join(folder, 'owner.json'));
    if (!owner || isAlive(owner)) continue;
    await new PartRecords(join(folder, 'parts.json')).endLeftovers();
    rmSync(folder, { recursive: true, force: true });
  }
}
