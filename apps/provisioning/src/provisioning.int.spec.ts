import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EnvironmentPage } from './environment-list/environment-list.dto.js';
import { KubernetesClient } from './kubernetes/kubernetes-client.js';
import { contract, inStatus, type ProvisioningApp, sign, startProvisioningApp, typesOf } from './spec-provisioning.js';

let kubernetes: KubernetesClient;
let app: ProvisioningApp;

beforeAll(async () => {
  app = await startProvisioningApp();
  kubernetes = await KubernetesClient.fromKubeconfig(app.cluster.kubeconfig);
});

afterAll(async () => {
  await app.close();
  kubernetes.close();
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
