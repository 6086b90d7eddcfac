import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { type KubernetesSimulator, startKubernetesSimulator } from '#libs/testing/src/kubernetes-simulator.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProvisioningModule } from '../provisioning.module.js';
import { contract, inStatus, sign } from '../spec-provisioning.js';

let folder: string;
let cluster: KubernetesSimulator;
let app: TestApp;

/** The same cluster each time: its objects, its port and its certificate. */
function startCluster(port = 0): Promise<KubernetesSimulator> {
  return startKubernetesSimulator({ data: join(folder, 'cluster'), kubeconfig: join(folder, 'kubeconfig'), port });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keiyaku-cluster-away-'));
  cluster = await startCluster();
  app = await startTestApp({
    modules: [ProvisioningModule],
    contexts: ['provisioning'],
    env: {
      KUBECONFIG: join(folder, 'kubeconfig'),
      PROVISIONING_LEASE_MS: '2000',
      PROVISIONING_RECONCILE_MS: '50',
    },
  });
});

afterAll(async () => {
  await app.close();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function triesOf(id: string, step: string): Promise<number> {
  const events = await app.events(`environment-${id}`);
  return events.filter(({ type, data }) => type === 'environment.step_started' && 'step' in data && data.step === step)
    .length;
}

it('goes on by itself when the cluster is back before the third try', async () => {
  await cluster.stop();
  const id = await sign(app, contract());
  await eventually(async () => expect(await triesOf(id, 'dry-run')).toBe(1));
  cluster = await startCluster(cluster.port);
  const environment = await inStatus(app, id, 'ready');
  expect(environment.steps.find(({ name }) => name === 'dry-run')?.tries).toBeGreaterThan(1);
});

it('asks for attention when it stays away, and is ready after a retry', async () => {
  await cluster.stop();
  const id = await sign(app, contract());
  const stuck = await inStatus(app, id, 'needs_attention');
  expect(stuck.attention).toMatchObject({
    step: 'dry-run',
    reason: expect.stringContaining('cannot be reached'),
    whatToDo: expect.stringContaining('Check that the cluster is up'),
  });
  expect(await triesOf(id, 'dry-run')).toBe(3);

  cluster = await startCluster(cluster.port);
  expect((await app.request(`/api/environments/${id}/retry`, { method: 'POST', role: 'OPERATOR' })).status).toBe(200);
  await inStatus(app, id, 'ready');
});
