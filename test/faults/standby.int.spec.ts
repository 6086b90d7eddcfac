import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { compiled } from '#libs/local-stack/src/files.js';
import { type TestDatabase, createTestDatabase } from '#libs/testing/src/database.js';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testRedisUrl } from '#libs/testing/src/redis.js';
import { appendDraft } from './append-draft.js';

const encryptionKey = randomBytes(32).toString('base64');
const patience = { timeoutMs: 60_000 };

interface Instance {
  readonly url: string;
  readonly child: ChildProcess;
}

interface Ready {
  readonly checks: {
    readonly consumers: { readonly detail: { readonly consumers: { name: string; state: string }[] } };
  };
}

let server: EventStoreServer;
let store: EventStore;
let database: TestDatabase;
let keys: TestDatabase;
let sql: Client;
const instances: Instance[] = [];

beforeAll(async () => {
  [server, database, keys] = await Promise.all([
    startEventStoreServer(),
    createTestDatabase('contract'),
    createTestDatabase('personal_keys'),
  ]);
  store = EventStore.connect(server.url);
  sql = new Client(database.url);
  await sql.connect();
}, 60_000);

afterAll(async () => {
  for (const { child } of instances) await kill(child);
  await sql.end();
  await store.close();
  await server.stop();
  await Promise.all([database.drop(), keys.drop()]);
});

/** The contract app as a process of its own. */
async function start(): Promise<Instance> {
  const env = {
    PATH: process.env['PATH'],
    PORT: '0',
    EVENTSTORE_URL: server.url,
    REDIS_URL: await testRedisUrl(),
    CONTRACT_DATABASE_URL: database.url,
    PERSONAL_KEYS_DATABASE_URL: keys.url,
    PUBLIC_URL: 'http://127.0.0.1:3000',
    ENCRYPTION_KEY: encryptionKey,
  };
  const main = compiled('apps/contract/src/main.js');
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ready = Promise.withResolvers<number>();
  createInterface(child.stdout).on('line', (line) => {
    if (line.startsWith('{"ready":true')) ready.resolve((JSON.parse(line) as { port: number }).port);
  });
  child.on('exit', () => ready.reject(new Error('The contract app ended before it was ready.')));
  const instance = { url: `http://127.0.0.1:${await ready.promise}`, child };
  instances.push(instance);
  return instance;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** The states of its consumers, each once. */
async function states({ url }: Instance): Promise<string[]> {
  const ready = (await (await fetch(`${url}/ready`)).json()) as Ready;
  return [...new Set(ready.checks.consumers.detail.consumers.map(({ state }) => state))];
}

async function listed(id: string): Promise<void> {
  await eventually(async () => {
    const { rowCount } = await sql.query('select from contract_list where id = $1', [id]);
    expect(rowCount).toBe(1);
  }, patience);
}

describe('two processes of one context', () => {
  it('one works and the other takes over when it is killed', async () => {
    const owner = await start();
    await eventually(async () => expect(await states(owner)).toEqual(['running']), patience);
    const standby = await start();
    expect(await states(standby)).toEqual(['standby']);
    await listed(await appendDraft(store));

    await kill(owner.child);
    await listed(await appendDraft(store));
    await eventually(async () => expect(await states(standby)).toEqual(['running']), patience);
  }, 120_000);
});
