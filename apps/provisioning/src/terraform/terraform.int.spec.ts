import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { type KubernetesSimulator, startKubernetesSimulator } from '#libs/testing/src/kubernetes-simulator.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { expectGoldenShape } from '../../../../test/golden/golden-events.js';
import { Lanes } from '../carry-out-steps/lanes.js';
import { Clusters } from '../clusters/clusters.js';
import { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { change, contract, inStatus, type ProvisioningApp, sign, startProvisioningApp } from '../spec-provisioning.js';
import { TerraformStandIn } from './spec-terraform.js';

let app: ProvisioningApp;
let theirs: KubernetesSimulator;
let [shared, dedicated]: KubernetesClient[] = [];
let database: Client;
let standIn: TerraformStandIn;
let kubeconfig: string;
const folder = makeTemporaryFolder();
const dir = join(folder, 'terraform');

/** What is shipped, and a plan with a cluster of its own whose data is not kept. */
function catalogueFile(): string {
  const { plans, regions } = loadCatalogue();
  const subnetIds = { 'ap-northeast-1': ['subnet-0a1b', 'subnet-0c2d'] };
  const nodes = { instanceType: 'm6i.large', min: 2, max: 4 };
  const own = {
    ...plans['starter'],
    onTermination: { export: false, retentionDays: 0 },
    dedicatedCluster: { provider: 'aws-eks', subnetIds, nodes },
  };
  const file = join(folder, 'catalogue.json');
  writeFileSync(file, JSON.stringify({ plans: { ...plans, own }, regions }));
  return file;
}

beforeAll(async () => {
  theirs = await startKubernetesSimulator();
  kubeconfig = readFileSync(theirs.kubeconfig, 'utf8');
  standIn = new TerraformStandIn(folder, { kubeconfig });
  vi.stubEnv('TF_STAND_IN', standIn.file);
  app = await startProvisioningApp({
    env: {
      CATALOGUE_FILE: catalogueFile(),
      PROVISIONING_RECONCILE_MS: '200',
      TERRAFORM_BIN: standIn.program,
      TERRAFORM_DIR: dir,
    },
  });
  [shared, dedicated] = await Promise.all(
    [app.cluster, theirs].map((cluster) => KubernetesClient.fromKubeconfig(cluster.kubeconfig)),
  );
  database = new Client(app.databaseUrls.get('provisioning'));
  await database.connect();
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await database.end();
  await app.close();
  shared?.close();
  dedicated?.close();
  await theirs.stop();
  rmSync(folder, { recursive: true });
});

it('builds a cluster for the customer, deploys into it, and destroys it in the end', async () => {
  const signed = contract({ terms: { ...contract().terms, plan: 'own' } });
  standIn.order({ kubeconfig, failures: { plan: { summary: 'invalid AWS Region: ap-northeast-1' } } });
  const id = await sign(app, signed);
  const stuck = await inStatus(app, id, 'needs_attention');
  expect(stuck.attention).toMatchObject({
    step: 'infrastructure',
    class: 'configuration',
    reason: 'terraform plan failed: invalid AWS Region: ap-northeast-1',
  });
  standIn.order({ kubeconfig });
  await app.request(`/api/environments/${id}/retry`, { method: 'POST', role: 'OPERATOR' });
  const { namespace, clusterId } = await inStatus(app, id, 'ready');
  expect(clusterId).toBe(`dedicated-${id}`);
  const ref = { apiVersion: 'v1', kind: 'Namespace', name: namespace };
  expect(await shared?.get(ref)).toBeUndefined();
  expect(await dedicated?.get(ref)).toBeDefined();
  expect(readdirSync(join(dir, id))).toContain(`customer-${signed.externalId.toLowerCase()}.tf.json`);

  const events = await app.events(`environment-${id}`);
  for (const event of events.filter(({ type }) => type.startsWith('environment.infrastructure'))) {
    expectGoldenShape(event);
  }
  const { rows } = await database.query<{ sealed: string }>('select sealed from cluster_credentials');
  const { users } = JSON.parse(kubeconfig) as { users: { user: Record<string, string> }[] };
  const secrets = users.flatMap(({ user }) => Object.values(user));
  expect(secrets.length).toBeGreaterThan(0);
  const stored = [...events.map(({ data }) => JSON.stringify(data)), ...rows.map(({ sealed }) => sealed)];
  expect(rows).toHaveLength(1);
  expect(stored.filter((text) => secrets.some((secret) => text.includes(secret)))).toEqual([]);

  await change(app, signed, 'contract.terminated');
  await inStatus(app, id, 'deleted');
  expect(await dedicated?.get(ref)).toBeUndefined();
  expect(standIn.calls).toEqual(['apply begins', 'apply ends', 'destroy begins', 'destroy ends']);
  expect(readdirSync(dir)).toEqual([`${id}.destroyed`]);
  const left = await database.query('select 1 from cluster_credentials where sealed is not null');
  expect(left.rows).toEqual([]);
});

it('takes no room from others while a cluster of its own is to be built', async () => {
  const last = { id: 'tokyo-2', name: 'Tokyo 2', regions: ['ap-northeast-1'], capacity: 1, kubeconfig };
  expect((await app.request('/api/clusters', { role: 'OPERATOR', body: last })).status).toBe(201);
  await eventually(async () =>
    expect(await app.request('/api/clusters/tokyo-2', { role: 'OPERATOR' })).toMatchObject({ status: 200 }),
  );
  standIn.order({ kubeconfig, failures: { plan: { summary: 'invalid AWS Region: ap-northeast-1' } } });
  const own = await sign(app, contract({ terms: { ...contract().terms, plan: 'own' } }));
  await inStatus(app, own, 'needs_attention');

  // Nor a place of theirs: the worker that builds it stands in the lane of no cluster.
  const job = { environmentId: own, step: 'infrastructure', number: 2, correlationId: 'spec' } as const;
  const place = await app.app.get(Lanes).placeFor(job);
  expect(place).toBeDefined();
  const lanes = app.app.get(Clusters).all.map(({ lane }) => lane.inHand);
  place?.leave();
  expect(lanes.filter((inHand) => inHand > 0)).toEqual([]);

  // Its only place is free for somebody else.
  expect(await inStatus(app, await sign(app, contract()), 'ready')).toMatchObject({ clusterId: 'tokyo-2' });
});
