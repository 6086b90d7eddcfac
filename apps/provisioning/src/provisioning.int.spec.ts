import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EnvironmentPage } from './environment-list/environment-list.dto.js';
import { orderFailures } from '#libs/kubernetes-simulator/src/order-failures.js';
import { eventually } from '#libs/testing/src/eventually.js';
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
      'environment.placed',
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

describe('the preview of a plan', () => {
  interface Change {
    readonly kind: string;
    readonly name: string;
    readonly fields: readonly { readonly field: string; readonly from?: unknown; readonly to?: unknown }[];
  }
  interface Preview {
    readonly create: readonly { readonly kind: string }[];
    readonly change: readonly Change[];
    readonly delete: readonly object[];
    readonly costChange?: { readonly currency: string; readonly before: number; readonly after: number };
    readonly refused?: readonly { readonly object?: string; readonly reason: string; readonly whatToDo: string }[];
  }
  const preview = (id: string, body?: object) =>
    app.request<Preview>(`/api/environments/${id}/plan`, { method: 'POST', role: 'OPERATOR', ...(body && { body }) });

  it('is empty where all is as it should be', async () => {
    const id = await sign(app, contract());
    await inStatus(app, id, 'ready');
    const { status, body } = await preview(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ create: [], change: [], delete: [], costChange: { currency: 'JPY' } });
    expect(body.costChange?.after).toBe(body.costChange?.before);
    expect(body).not.toHaveProperty('refused');
  });

  it('tells which fields would change, and what it would cost, and changes nothing', async () => {
    const id = await sign(app, contract());
    const { namespace } = await inStatus(app, id, 'ready');
    const settings = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'settings' };
    const before = await kubernetes.get(settings);
    const { body } = await preview(id, { userLimit: 20, storageQuota: '200GB' });
    expect(body.change.find(({ kind }) => kind === 'ConfigMap')?.fields).toEqual([
      { field: 'data.STORAGE_QUOTA', from: '100GB', to: '200GB' },
      { field: 'data.USER_LIMIT', from: '10', to: '20' },
    ]);
    expect(body.change.find(({ kind }) => kind === 'PersistentVolumeClaim')?.fields).toEqual([
      { field: 'spec.resources.requests.storage', from: '100G', to: '200G' },
    ]);
    expect(body.costChange?.after).toBeGreaterThan(body.costChange?.before ?? 0);
    expect(await kubernetes.get(settings)).toEqual(before);
    expect((await typesOf(app, id)).at(-1)).toBe('environment.ready');
  });

  it("names what can't be done in place, with the way out, beside what can", async () => {
    const id = await sign(app, contract());
    const { namespace } = await inStatus(app, id, 'ready');
    const { body } = await preview(id, { storageQuota: '50GB', region: 'eu-central-1' });
    expect(body.refused).toEqual([
      { reason: expect.stringContaining("can't move"), whatToDo: expect.stringContaining('new contract') },
      {
        object: `PersistentVolumeClaim files in ${namespace}`,
        reason: "A volume can't shrink from 100GB to 50GB",
        whatToDo: expect.stringContaining('new contract'),
      },
    ]);
    expect(body.change.map(({ kind }) => kind)).toContain('ConfigMap');
  });

  it('finds what somebody changed or deleted by hand', async () => {
    const id = await sign(app, contract());
    const { namespace } = await inStatus(app, id, 'ready');
    await kubernetes.delete({ apiVersion: 'v1', kind: 'Service', namespace, name: 'files' });
    const files = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name: 'files' } };
    await kubernetes.apply({ ...files, spec: { replicas: 3 } }, { fieldManager: 'somebody', force: true });
    const { body } = await preview(id);
    expect(body.create).toEqual([{ kind: 'Service', name: 'files', namespace }]);
    expect(body.change).toEqual([
      { kind: 'Deployment', name: 'files', namespace, fields: [{ field: 'spec.replicas', from: 3, to: 1 }] },
    ]);
  });

  it('asks no server where the namespace does not stand: all of it is new', async () => {
    const id = await sign(app, contract());
    const { namespace } = await inStatus(app, id, 'ready');
    const ref = { apiVersion: 'v1', kind: 'Namespace', name: namespace };
    await kubernetes.delete(ref);
    await eventually(async () => expect(await kubernetes.get(ref)).toBeUndefined());
    const { body } = await preview(id);
    expect(body.create).toHaveLength(22);
    expect([body.change, body.delete]).toEqual([[], []]);
  });

  it('refuses terms that are not sold', async () => {
    const id = await sign(app, contract());
    await inStatus(app, id, 'ready');
    expect(await preview(id, { plan: 'gold' })).toMatchObject({ status: 422, body: { code: 'not_in_catalogue' } });
    expect(await preview(id, { userLimit: 26 })).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ pointer: '/userLimit' }] },
    });
  });

  it('says that the cluster does not answer', async () => {
    const id = await sign(app, contract());
    await inStatus(app, id, 'ready');
    const answers = [{ status: 503, method: 'GET', kind: 'Namespace' } as const];
    await orderFailures(app.cluster.kubeconfig, { answers });
    try {
      expect(await preview(id)).toMatchObject({
        status: 503,
        body: { code: 'cluster_unavailable', detail: expect.stringContaining('then retry') },
      });
    } finally {
      await orderFailures(app.cluster.kubeconfig, {});
    }
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
    ['POST', `/api/environments/${nobody}/plan`, 'OPERATOR', 404, 'environment_not_found'],
    ['POST', `/api/environments/${nobody}/plan`, 'SALES', 403, 'permission_denied'],
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
