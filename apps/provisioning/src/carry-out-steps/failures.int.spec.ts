import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { testContext } from '#libs/testing/src/given.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { namespaceName } from '../domain/environment-name.js';
import { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import {
  contract,
  environmentIdOf,
  inStatus,
  type ProvisioningApp,
  sign,
  type Signed,
  startProvisioningApp,
  typesOf,
} from '../spec-provisioning.js';

let kubernetes: KubernetesClient;
let app: ProvisioningApp;
let database: Client;
const folder = makeTemporaryFolder();

/** What is shipped, and a plan whose image nobody has. */
function catalogueFile(): string {
  const { plans, regions } = loadCatalogue();
  const broken = { ...plans['starter'], images: ['registry.example/keiyaku/missing:1.0.0'] };
  const file = join(folder, 'catalogue.json');
  writeFileSync(file, JSON.stringify({ plans: { ...plans, broken }, regions }));
  return file;
}

beforeAll(async () => {
  app = await startProvisioningApp({ env: { CATALOGUE_FILE: catalogueFile(), PROVISIONING_RECONCILE_MS: '100' } });
  kubernetes = await KubernetesClient.fromKubeconfig(app.cluster.kubeconfig);
  database = new Client(app.databaseUrls.get('provisioning'));
  await database.connect();
});

afterAll(async () => {
  await database.end();
  await app.close();
  kubernetes.close();
  rmSync(folder, { recursive: true });
});

/** The beginning of an environment's stream, as a worker that is gone left it. */
function half() {
  const signed = contract();
  const id = environmentIdOf(signed);
  const { contractId, externalId, company, terms } = signed;
  const names = { slug: id, url: `https://${id}.your-service.com`, administrator: `admin@${id}.com` };
  const namespace = namespaceName(externalId, id);
  const requested = { environmentId: id, contractId, externalId, company, terms, ...names, namespace };
  return { id, requested: ['environment.requested', requested] as const, attempt: { environmentId: id, attempt: id } };
}

function started(attempt: object, number: number): readonly [string, object] {
  return ['environment.step_started', { ...attempt, step: 'plan', number, leaseUntil: new Date(0).toISOString() }];
}

async function write(id: string, events: readonly (readonly [string, object])[]): Promise<void> {
  const metadata = { ...testContext({ occurredAt: new Date().toISOString() }), schemaVersion: 1 };
  const entries = events.map(([type, data]) => ({ id: freshId(), type, data, metadata }));
  await app.store.append(`environment-${id}`, entries, -1);
}

describe('an environment that fails', () => {
  /** A namespace of ours with a quota that somebody put there by hand. */
  async function quotaByHand(signed: Signed) {
    const id = environmentIdOf(signed);
    const namespace = namespaceName(signed.externalId, id);
    const force = { fieldManager: 'spec', force: true };
    const labels = { 'keiyaku.dev/environment': id };
    await kubernetes.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }, force);
    const quota = { apiVersion: 'v1', kind: 'ResourceQuota', namespace, name: 'by-hand' };
    const metadata = { name: quota.name, namespace };
    await kubernetes.apply({ apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard: { pods: '0' } } }, force);
    return quota;
  }

  it('says what is wrong with a quota, and gets ready after it was mended and retried', async () => {
    const signed = contract();
    const quota = await quotaByHand(signed);
    const id = await sign(app, signed);
    const stuck = await inStatus(app, id, 'needs_attention');
    expect(stuck.attention).toEqual({
      step: 'dry-run',
      class: 'resource_shortage',
      object: expect.stringMatching(/^ResourceQuota by-hand in env-/),
      reason: expect.stringContaining('The quota "by-hand" has too little room'),
      whatToDo: expect.stringContaining('Raise the quota'),
    });

    await kubernetes.delete(quota);
    const retry = { role: 'OPERATOR', body: { note: 'Quota deleted' } } as const;
    const answer = await app.request(`/api/environments/${id}/retry`, retry);
    expect(answer.status).toBe(200);
    expect(await inStatus(app, id, 'ready')).toMatchObject({ attention: null });
    const log = await app.events(`environment-${id}`);
    const asked = log.find(({ type }) => type === 'environment.retry_requested');
    expect(asked).toMatchObject({ data: { note: 'Quota deleted' }, metadata: { actor: { id: 'test-operator' } } });
  });

  it('names the image that nobody has', async () => {
    const terms = { ...contract().terms, plan: 'broken' };
    const stuck = await inStatus(app, await sign(app, contract({ terms })), 'needs_attention');
    expect(stuck.attention).toMatchObject({
      step: 'wait',
      class: 'application',
      object: expect.stringMatching(/^Pod (web|files)-/),
      reason: expect.stringContaining('registry.example/keiyaku/missing:1.0.0'),
    });
  });

  it.each([
    ['plan', { plan: 'gold' }, 'The catalogue has no plan "gold"'],
    ['region', { region: 'moon-1' }, 'The catalogue has no region "moon-1"'],
  ])('names the %s that is not sold', async (_what, wrong, reason) => {
    const terms = { ...contract().terms, ...wrong };
    const stuck = await inStatus(app, await sign(app, contract({ terms })), 'needs_attention');
    expect(stuck.attention).toMatchObject({ step: 'plan', reason, whatToDo: expect.stringContaining('then retry') });
  });

  it('names a mistake that the offline checks found', async () => {
    const terms = { ...contract().terms, storageQuota: 'plenty' };
    const stuck = await inStatus(app, await sign(app, contract({ terms })), 'needs_attention');
    expect(stuck.attention).toMatchObject({ step: 'validate', reason: expect.stringContaining('"plenty"') });
  });

  it('is not tried again and again when the program itself breaks, and tells no secret', async () => {
    const signed = contract();
    const id = environmentIdOf(signed);
    await database.query(
      `insert into environment_credentials (environment_id, credential_id, version, sealed_password)
       values ($1, $1, 1, 'v1.sealed-with-another-key')`,
      [id],
    );
    await sign(app, signed);
    const stuck = await inStatus(app, id, 'needs_attention');
    expect(stuck.attention).toEqual({
      step: 'plan',
      class: 'configuration',
      reason: 'The program broke while it carried out the step plan',
      whatToDo: `Look in the log for the correlation id spec-${signed.contractId}, correct the cause, then retry.`,
    });
    expect((await typesOf(app, id)).filter((type) => type === 'environment.step_started')).toHaveLength(1);
  });

  it('is planned again when the catalogue changed after the plan was recorded', async () => {
    const { id, requested, attempt } = half();
    const credential = { id, version: 1 };
    const planned = { ...attempt, objects: [], planHash: 'of another catalogue', credential };
    await write(id, [requested, started(attempt, 1), ['environment.planned', planned]]);
    const stuck = await inStatus(app, id, 'needs_attention');
    expect(stuck.attention).toMatchObject({ step: 'validate', reason: expect.stringContaining('changed since') });
    await app.request(`/api/environments/${id}/retry`, { method: 'POST', role: 'OPERATOR' });
    await inStatus(app, id, 'ready');
  });

  it('is given up when ten attempts at a step never came to an end', async () => {
    const { id, requested, attempt } = half();
    await write(id, [requested, ...Array.from({ length: 10 }, (_, index) => started(attempt, index + 1))]);
    const stuck = await inStatus(app, id, 'needs_attention');
    expect(stuck.attention).toMatchObject({
      step: 'plan',
      reason: 'The step plan was tried 10 times and never came to an end',
    });
  });

  it('leaves a namespace of somebody else alone', async () => {
    const signed = contract();
    const name = namespaceName(signed.externalId, environmentIdOf(signed));
    const foreign = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    await kubernetes.apply(foreign, { fieldManager: 'somebody' });
    const stuck = await inStatus(app, await sign(app, signed), 'needs_attention');
    expect(stuck.attention).toMatchObject({ step: 'dry-run', reason: expect.stringContaining('somebody else') });
    expect((await kubernetes.list({ apiVersion: 'v1', kind: 'ResourceQuota' }, name)).items).toEqual([]);
  });
});
