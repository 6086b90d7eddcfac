import { writeFileSync } from 'node:fs';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { PolicyContext } from '#libs/event-sourcing/src/policy.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { type KubernetesSimulator, startKubernetesSimulator } from '#libs/testing/src/kubernetes-simulator.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { StepRunner } from './carry-out-steps/step-runner.js';
import type { EnvironmentPage } from './environment-list/environment-list.dto.js';
import { KubernetesClient } from './kubernetes/kubernetes-client.js';
import { RequestEnvironmentPolicy } from './request-environment/request-environment.policy.js';
import { contract, environmentIdOf, inStatus, type Signed, sign, typesOf } from './spec-provisioning.js';
import { ProvisioningModule } from './provisioning.module.js';
import { namespaceName } from './domain/environment-name.js';

let cluster: KubernetesSimulator;
let kubernetes: KubernetesClient;
let app: TestApp;
let database: Client;

/** What is shipped, and a plan whose image nobody has. */
function catalogueFile(): string {
  const { plans, regions } = loadCatalogue();
  const broken = { ...plans['starter'], images: ['registry.example/keiyaku/missing:1.0.0'] };
  const file = `${cluster.kubeconfig}.catalogue.json`;
  writeFileSync(file, JSON.stringify({ plans: { ...plans, broken }, regions }));
  return file;
}

beforeAll(async () => {
  cluster = await startKubernetesSimulator();
  kubernetes = await KubernetesClient.fromKubeconfig(cluster.kubeconfig);
  app = await startTestApp({
    modules: [ProvisioningModule],
    contexts: ['provisioning'],
    env: { KUBECONFIG: cluster.kubeconfig, CATALOGUE_FILE: catalogueFile() },
  });
  database = new Client(app.databaseUrls.get('provisioning'));
  await database.connect();
});

afterAll(async () => {
  await database.end();
  await app.close();
  kubernetes.close();
  await cluster.stop();
});

describe('a signed contract', () => {
  it('becomes a running environment, with every step on record', async () => {
    const signed = contract();
    const id = await sign(app, signed);
    const environment = await inStatus(app, id, 'ready');
    expect(environment).toMatchObject({ contractId: signed.contractId, objectsPlanned: 22, objectsApplied: 22 });
    expect(environment.steps.map(({ name, tries }) => [name, tries])).toEqual([
      ['plan', 1],
      ['validate', 1],
      ['dry-run', 1],
      ['apply', 1],
      ['wait', 1],
      ['smoke', 1],
    ]);
    expect(environment.steps.filter(({ ms }) => ms === undefined)).toEqual([]);
    expect((await typesOf(app, id)).filter((type) => type !== 'environment.progressed')).toEqual([
      'environment.requested',
      'environment.step_started',
      'environment.planned',
      'environment.step_started',
      'environment.validated',
      'environment.step_started',
      'environment.dry_run_passed',
      'environment.step_started',
      'environment.applied',
      'environment.step_started',
      'environment.available',
      'environment.step_started',
      'environment.smoke_passed',
      'environment.ready',
    ]);
  });

  it('is known by its correlation id in every event', async () => {
    const signed = contract();
    const id = await sign(app, signed);
    await inStatus(app, id, 'ready');
    const ids = (await app.events(`environment-${id}`)).map(({ metadata }) => metadata.correlationId);
    expect(new Set(ids)).toEqual(new Set([`spec-${signed.contractId}`]));
  });

  it('leaves its password in no event', async () => {
    const id = await sign(app, contract());
    const { namespace } = await inStatus(app, id, 'ready');
    const secret = await kubernetes.get({ apiVersion: 'v1', kind: 'Secret', namespace, name: 'administrator' });
    const { password = '' } = (secret?.['data'] ?? {}) as Record<string, string>;
    const log = JSON.stringify((await app.log()).map(({ data, metadata }) => [data, metadata]));
    expect(password).not.toBe('');
    expect(log).not.toContain(password);
    expect(log).not.toContain(Buffer.from(password, 'base64').toString());
  });
});

describe('one environment for one contract', () => {
  const policy = (): RequestEnvironmentPolicy => app.app.get(RequestEnvironmentPolicy, { strict: false });

  async function deliverAgain(signed: Signed): Promise<void> {
    const [event] = await app.events(`contract-${signed.contractId}`);
    const delivered = event as RecordedEvent<{ type: 'contract.signed'; data: Signed }>;
    await policy().handle(delivered, new PolicyContext('provisioning/request-environment', delivered));
  }

  it('however often the event is delivered', async () => {
    const signed = contract();
    const id = await sign(app, signed);
    await inStatus(app, id, 'ready');
    const before = await app.events(`environment-${id}`);
    await deliverAgain(signed);
    expect(await app.events(`environment-${id}`)).toEqual(before);
  });

  it('with a slug of its own', async () => {
    const { company } = contract();
    const [first, second] = [contract({ company }), contract({ company })];
    const one = await inStatus(app, await sign(app, first), 'ready');
    const two = await inStatus(app, await sign(app, second), 'ready');
    const slug = company.name.toLowerCase().replace(' ', '-');
    expect([one.url, two.url]).toEqual([`https://${slug}.your-service.com`, `https://${slug}-2.your-service.com`]);
    expect(two.administrator).toBe(`admin@${slug}-2.com`);
    await deliverAgain(first);
    await deliverAgain(second);
    const reservations = (await app.log('reservation.made', 'reservation.confirmed')).filter(({ data }) =>
      [one.id, two.id].includes((data as { owner: string }).owner),
    );
    expect(reservations.map(({ type }) => type)).toEqual([
      'reservation.made',
      'reservation.confirmed',
      'reservation.made',
      'reservation.confirmed',
    ]);
  });

  it('and one attempt at a step, whoever wants to work on it', async () => {
    const id = await sign(app, contract());
    const runner = app.app.get(StepRunner, { strict: false });
    const { signal } = new AbortController();
    const job = { environmentId: id, step: 'plan', number: 1, correlationId: 'spec' } as const;
    await eventually(async () => expect(await typesOf(app, id)).toContain('environment.requested'));
    await Promise.all(Array.from({ length: 5 }, () => runner.run(job, signal)));
    await inStatus(app, id, 'ready');
    const started = (await app.events(`environment-${id}`)).filter(({ type }) => type === 'environment.step_started');
    expect(started.map(({ data }) => (data as { step: string }).step)).toEqual([
      'plan',
      'validate',
      'dry-run',
      'apply',
      'wait',
      'smoke',
    ]);
  });
});

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
      step: 'wait',
      object: expect.stringMatching(/^Deployment (web|files) in env-/),
      reason: expect.stringContaining('The quota "by-hand" is used up'),
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
      reason: 'The program broke while it carried out the step plan',
      whatToDo: `Look in the log for the correlation id spec-${signed.contractId}, correct the cause, then retry.`,
    });
    expect((await typesOf(app, id)).filter((type) => type === 'environment.step_started')).toHaveLength(1);
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

describe('the routes', () => {
  const nobody = '00000000-0000-7000-8000-000000000000';

  it('list environments by status, plan, region and contract, page by page', async () => {
    const signed = contract();
    const id = await sign(app, signed);
    await inStatus(app, id, 'ready');
    const list = async (query: string): Promise<EnvironmentPage> =>
      (await app.request<EnvironmentPage>(`/api/environments?${query}`, { role: 'SALES' })).body;
    expect((await list(`contractId=${signed.contractId}`)).items.map((item) => item.id)).toEqual([id]);
    expect((await list('status=ready&plan=starter&region=ap-northeast-1&limit=200')).items.length).toBeGreaterThan(0);
    expect((await list('plan=enterprise')).items).toEqual([]);
    const first = await list('limit=1');
    const second = await list(`limit=1&cursor=${first.next}`);
    expect(second.items[0]?.id).not.toBe(first.items[0]?.id);
  });

  it('show the revision of one as its ETag', async () => {
    const id = await sign(app, contract());
    const { revision } = await inStatus(app, id, 'ready');
    const answer = await app.request(`/api/environments/${id}`, { role: 'SALES' });
    expect(answer.headers.get('etag')).toBe(`"${revision}"`);
  });

  it('tell its timeline in plain words, without the address of the company', async () => {
    const id = await sign(app, contract());
    await inStatus(app, id, 'ready');
    const { body } = await app.request<{ items: { eventType: string; line: string }[] }>(
      `/api/environments/${id}/timeline`,
      { role: 'SUPPORT' },
    );
    expect(body.items[0]).toMatchObject({ eventType: 'environment.requested', line: expect.stringMatching(/is owed/) });
    expect(body.items.at(-1)).toMatchObject({ eventType: 'environment.ready' });
    expect(JSON.stringify(body)).not.toContain('it@company.example');
  });

  it.each([
    ['GET', `/api/environments/${nobody}`, 'SALES', 404, 'environment_not_found'],
    ['GET', `/api/environments/${nobody}/timeline`, 'SALES', 404, 'environment_not_found'],
    ['GET', `/api/environments/${nobody}/events`, 'SALES', 404, 'environment_not_found'],
    ['POST', `/api/environments/${nobody}/retry`, 'OPERATOR', 404, 'environment_not_found'],
    ['POST', `/api/environments/${nobody}/credential-links`, 'SERVICE', 404, 'environment_not_found'],
    ['GET', '/api/environments/unknown', 'SALES', 400, 'validation_failed'],
    ['GET', '/api/environments?status=fine', 'SALES', 400, 'validation_failed'],
    ['GET', '/api/environments?limit=100000', 'SALES', 400, 'validation_failed'],
    ['POST', `/api/environments/${nobody}/retry`, 'SALES', 403, 'permission_denied'],
    ['POST', `/api/environments/${nobody}/credential-links`, 'ADMIN', 403, 'permission_denied'],
  ] as const)('answer %s %s of %s with %i', async (method, path, role, status, code) => {
    const answer = await app.request(path, { method, role });
    expect(answer).toMatchObject({ status, body: { code } });
  });

  it('retry only what needs attention', async () => {
    const id = await sign(app, contract());
    await inStatus(app, id, 'ready');
    const answer = await app.request(`/api/environments/${id}/retry`, { method: 'POST', role: 'OPERATOR' });
    expect(answer).toMatchObject({ status: 409, body: { code: 'retry_not_possible', environmentStatus: 'ready' } });
  });
});
