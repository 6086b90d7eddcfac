import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import type { FailureOrders } from '#libs/kubernetes-simulator/src/failure-orders.js';
import { orderFailures } from '#libs/kubernetes-simulator/src/order-failures.js';
import { createTestDatabase, type TestDatabase } from '#libs/testing/src/database.js';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { type KubernetesSimulator, startKubernetesSimulator } from '#libs/testing/src/kubernetes-simulator.js';
import { testRedisUrl } from '#libs/testing/src/redis.js';
import { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { contract, sign } from '../spec-provisioning.js';

/** Compiled: `npm run build` comes first. */
const main = fileURLToPath(new URL('../../../../dist/apps/provisioning/src/main.js', import.meta.url));

let cluster: KubernetesSimulator;
let kubernetes: KubernetesClient;
let eventStore: EventStoreServer;
let database: TestDatabase;
let keys: TestDatabase;
let store: EventStore;
let env: NodeJS.ProcessEnv;
let worker: ChildProcess | undefined;

beforeAll(async () => {
  cluster = await startKubernetesSimulator({ podStartMs: 500 });
  kubernetes = await KubernetesClient.fromKubeconfig(cluster.kubeconfig);
  eventStore = await startEventStoreServer();
  database = await createTestDatabase('provisioning');
  keys = await createTestDatabase('personal_keys');
  store = EventStore.connect(eventStore.url);
  env = {
    ...process.env,
    EVENTSTORE_URL: eventStore.url,
    REDIS_URL: await testRedisUrl(),
    PROVISIONING_DATABASE_URL: database.url,
    PERSONAL_KEYS_DATABASE_URL: keys.url,
    KUBECONFIG: cluster.kubeconfig,
    PUBLIC_URL: 'http://127.0.0.1:3000',
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    PORT: '0',
    LOG_LEVEL: 'silent',
    PROVISIONING_LEASE_MS: '1500',
    PROVISIONING_RECONCILE_MS: '100',
    PROVISIONING_RECHECK_MS: '500',
  };
});

afterEach(() => end('SIGKILL'));

afterAll(async () => {
  await store.close();
  kubernetes.close();
  await Promise.all([cluster.stop(), eventStore.stop()]);
  await Promise.all([database.drop(), keys.drop()]);
});

async function begin(): Promise<void> {
  worker = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(worker.stdout ?? process.stdin, 'data')) as [Buffer];
  expect(line.toString()).toContain('"ready":true');
}

async function end(signal: NodeJS.Signals): Promise<void> {
  if (!worker || worker.exitCode !== null || worker.signalCode !== null) return;
  const exited = once(worker, 'exit');
  worker.kill(signal);
  await exited;
}

async function eventsOf(id: string): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of store.readStream(`environment-${id}`)) events.push(event);
  return events;
}

/** Waits until the environment's stream has an event of the type. */
async function until(id: string, type: string): Promise<void> {
  const seen = async (): Promise<string[]> => (await eventsOf(id)).map((event) => event.type);
  await eventually(async () => expect(await seen()).toContain(type), { timeoutMs: 40_000 });
}

it.each<[string, Partial<FailureOrders>, string]>([
  [
    'waits for its next try',
    { answers: [{ status: 429, kind: 'Service', method: 'PATCH', retryAfterSeconds: 1, times: 1 }] },
    'environment.step_failed',
  ],
  ['waits for room', { quotas: [{ namespace: 'env-*', hard: { pods: '0' } }] }, 'environment.rechecked'],
])('an environment that %s outlives its worker, and Redis', async (_what, orders, waiting) => {
  await orderFailures(cluster.kubeconfig, orders);
  await begin();
  const id = await sign({ store }, contract());
  await until(id, waiting);
  await end('SIGKILL');
  const redis = new Redis(await testRedisUrl());
  await redis.flushdb();
  redis.disconnect();
  await orderFailures(cluster.kubeconfig, {});
  await begin();
  await until(id, 'environment.ready');
  const requests = (await eventsOf(id)).filter(({ type }) => type === 'environment.requested');
  expect(requests).toHaveLength(1);
});

it.each<[NodeJS.Signals, string]>([
  ['SIGKILL', 'plan'],
  ['SIGKILL', 'apply'],
  ['SIGKILL', 'wait'],
  ['SIGTERM', 'wait'],
])('a worker that gets %s during %s is followed by one that goes on', async (signal, step) => {
  await begin();
  const signed = contract();
  const id = await sign({ store }, signed);
  await eventually(async () => {
    const started = (await eventsOf(id)).filter(({ type }) => type === 'environment.step_started');
    expect(started.map(({ data }) => (data as { step: string }).step)).toContain(step);
  });
  await end(signal);
  await begin();
  await eventually(async () => expect((await eventsOf(id)).map(({ type }) => type)).toContain('environment.ready'), {
    timeoutMs: 40_000,
  });

  const types = (await eventsOf(id)).map(({ type }) => type);
  for (const once of ['environment.requested', 'environment.applied', 'environment.ready']) {
    expect(types.filter((type) => type === once)).toEqual([once]);
  }
  expect(types).not.toContain('environment.needs_attention');
  const labels = `keiyaku.dev/environment=${id}`;
  const namespaces = await kubernetes.list({ apiVersion: 'v1', kind: 'Namespace' }, undefined, { labels });
  expect(namespaces.items).toHaveLength(1);
});
