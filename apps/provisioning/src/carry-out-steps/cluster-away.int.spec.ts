import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { type KubernetesSimulator, startKubernetesSimulator } from '#libs/testing/src/kubernetes-simulator.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProvisioningModule } from '../provisioning.module.js';
import { contract, inStatus, sign } from '../spec-provisioning.js';

let folder: string;
let cluster: KubernetesSimulator;
let app: TestApp;

/** The way to the cluster. While it is closed nobody answers at the cluster's address; it opens at once. */
const way = { port: 0, server: createServer(), sockets: new Set<Socket>() };

async function openWay(): Promise<void> {
  const target = cluster.port;
  way.server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      way.sockets.add(socket);
      socket.on('error', () => other.destroy()).on('close', () => other.destroy());
      socket.pipe(other);
    }
  });
  way.server.listen(way.port, '127.0.0.1');
  await once(way.server, 'listening');
  way.port = (way.server.address() as AddressInfo).port;
}

async function closeWay(): Promise<void> {
  way.server.close();
  for (const socket of way.sockets) socket.destroy();
  way.sockets.clear();
  await once(way.server, 'close');
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keiyaku-cluster-away-'));
  const kubeconfig = join(folder, 'kubeconfig');
  cluster = await startKubernetesSimulator({ data: join(folder, 'cluster'), kubeconfig });
  await openWay();
  const direct = readFileSync(kubeconfig, 'utf8');
  writeFileSync(kubeconfig, direct.replaceAll(`:${cluster.port}`, `:${way.port}`));
  app = await startTestApp({
    modules: [ProvisioningModule],
    contexts: ['provisioning'],
    env: {
      KUBECONFIG: kubeconfig,
      PROVISIONING_LEASE_MS: '2000',
      PROVISIONING_RECONCILE_MS: '50',
      PROVISIONING_RETRY_MS: '50',
    },
  });
});

afterAll(async () => {
  await app.close();
  await closeWay();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Every try lasts as long as a lease, and then the next one follows after a pause. */
const patience = { timeoutMs: 20_000 };

async function triesOf(id: string, step: string): Promise<number> {
  const events = await app.events(`environment-${id}`);
  return events.filter(({ type, data }) => type === 'environment.step_started' && 'step' in data && data.step === step)
    .length;
}

it.each([1, 2, 3])('goes on by itself when the cluster is back during try %d', async (tries) => {
  await closeWay();
  const id = await sign(app, contract());
  await eventually(async () => expect(await triesOf(id, 'dry-run')).toBe(tries), patience);
  await openWay();
  const environment = await inStatus(app, id, 'ready');
  expect(environment.steps.find(({ name }) => name === 'dry-run')?.tries).toBe(tries);
});

it('asks for attention when it stays away, and is ready after a retry', async () => {
  await closeWay();
  const id = await sign(app, contract());
  const stuck = await inStatus(app, id, 'needs_attention');
  expect(stuck.attention).toMatchObject({
    step: 'dry-run',
    reason: expect.stringContaining('cannot be reached'),
    whatToDo: expect.stringContaining('Check that the cluster is up'),
  });
  expect(await triesOf(id, 'dry-run')).toBe(6);

  await openWay();
  expect((await app.request(`/api/environments/${id}/retry`, { method: 'POST', role: 'OPERATOR' })).status).toBe(200);
  await inStatus(app, id, 'ready');
});
