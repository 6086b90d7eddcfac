import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
import { Client } from 'pg';
import { onTestFinished, vi } from 'vitest';
import { IdentityModule } from './identity.module.js';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { PersonalData } from '#libs/event-sourcing/src/personal-data.js';
import { PostgresSubjectKeys } from '#libs/personal-data/src/postgres-subject-keys.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { compiled } from '#libs/local-stack/src/files.js';
import { createService, startService } from '#libs/service/src/service.js';
import { createTestDatabase } from '#libs/testing/src/database.js';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testRedisUrl } from '#libs/testing/src/redis.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';

/** For tests that start processes, in milliseconds. */
export const timeout = 120_000;

type Env = Readonly<Record<string, string>>;

export interface Place {
  readonly env: Env;
  readonly folder: string;
  readonly file: string;
  readonly log: () => Promise<readonly RecordedEvent[]>;
  readonly query: <Row extends object>(sql: string) => Promise<Row[]>;
}

export interface Running {
  readonly url: string;
  readonly log: () => string;
  stop(): Promise<void>;
}

/** Empty stores, and the settings of a first start on them. */
export async function emptyPlace(): Promise<Place> {
  const folder = temporaryFolder();
  const [eventStore, database, keys, redisUrl] = await Promise.all([
    startEventStoreServer(),
    createTestDatabase('identity'),
    createTestDatabase('personal_keys'),
    testRedisUrl(),
  ]);
  onTestFinished(() => database.drop());
  onTestFinished(() => keys.drop());
  onTestFinished(() => eventStore.stop());
  const encryptionKey = randomBytes(32);
  const clients = join(folder, 'clients.json');
  writeFileSync(clients, '[]');
  const file = join(folder, 'first-administrator.json');
  return {
    folder,
    file,
    env: {
      PORT: '0',
      EVENTSTORE_URL: eventStore.url,
      REDIS_URL: redisUrl,
      IDENTITY_DATABASE_URL: database.url,
      PERSONAL_KEYS_DATABASE_URL: keys.url,
      PUBLIC_URL: 'http://127.0.0.1:3000',
      ENCRYPTION_KEY: encryptionKey.toString('base64'),
      SERVICE_CLIENTS_FILE: clients,
      FIRST_ADMINISTRATOR_FILE: file,
    },
    log: async () => {
      const subjectKeys = await PostgresSubjectKeys.connect(keys.url, encryptionKey);
      const store = EventStore.connect(eventStore.url, new PersonalData(subjectKeys));
      try {
        const entries = await store.readLog(undefined, 1000);
        return await store.personal.open(entries.flatMap(({ event }) => event ?? []));
      } finally {
        await store.close();
        await subjectKeys.close();
      }
    },
    query: async <Row extends object>(sql: string) => {
      const client = new Client(database.url);
      await client.connect();
      try {
        return (await client.query<Row>(sql)).rows;
      } finally {
        await client.end();
      }
    },
  };
}

const logged: string[] = [];
// One for all apps of this file: nestjs-pino keeps the logger of the first one.
const journal = new Writable({
  write: (chunk: Buffer, _encoding, done) => {
    logged.push(chunk.toString());
    done();
  },
});

/** Identity in this process. */
export async function start(env: Env): Promise<Running> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const before = logged.length;
  const app = await createService({
    name: 'identity',
    contexts: [IdentityModule],
    logger: { level: 'trace', stream: journal },
  });
  onTestFinished(() => app.close());
  const port = await startService(app, 0);
  return { url: `http://127.0.0.1:${port}`, log: () => logged.slice(before).join(''), stop: () => app.close() };
}

/** Identity's main.ts as a process of its own, as it is deployed. */
export function spawnMain(env: Env) {
  const child = spawn(process.execPath, [compiled('apps/identity/src/main.js')], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const read = (stream: Readable) => createInterface(stream).on('line', (line) => lines.push(line));
  read(child.stdout);
  read(child.stderr);
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(kill);
  const url = () =>
    eventually(
      () => {
        const ready = lines.find((line) => line.startsWith('{"ready":true'));
        if (ready === undefined) throw new Error(`Identity does not serve yet: ${lines.join('\n')}`);
        return `http://127.0.0.1:${(JSON.parse(ready) as { port: number }).port}`;
      },
      { timeoutMs: timeout },
    );
  return { url, lines, exited, kill };
}

export function readSignIn(file: string): { email: string; password: string } {
  return JSON.parse(readFileSync(file, 'utf8')) as { email: string; password: string };
}

export async function signIn(url: string, body: object) {
  const response = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as { accessToken: string; user: object } };
}
