import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { type KubernetesSimulator, startKubernetesSimulator } from '#libs/testing/src/kubernetes-simulator.js';
import { expectGoldenShape } from '../../../../test/golden/golden-events.js';
import type { ClusterView } from '../cluster-list/cluster-list.dto.js';
import { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { contract, inStatus, type ProvisioningApp, sign, startProvisioningApp, typesOf } from '../spec-provisioning.js';
import { Way } from '../spec-way.js';
import { Clusters } from './clusters.js';
import { DefaultCluster } from './default-cluster.js';
import type { DrainResult } from './clusters.dto.js';

const tokyo = 'ap-northeast-1';
const osaka = 'ap-northeast-3';

let app: ProvisioningApp;
let second: KubernetesSimulator;
let way: Way;
let kubeconfig: string;
let secondClient: KubernetesClient;
let database: Client;

beforeAll(async () => {
  second = await startKubernetesSimulator();
  way = new Way(second.port);
  await way.open();
  kubeconfig = readFileSync(second.kubeconfig, 'utf8').replaceAll(`:${second.port}`, `:${way.port}`);
  secondClient = await KubernetesClient.fromKubeconfig(second.kubeconfig);
  const env = { PROVISIONING_LEASE_MS: '2000', PROVISIONING_RECONCILE_MS: '50', PROVISIONING_RECHECK_MS: '20' };
  app = await startProvisioningApp({ env });
  database = new Client(app.databaseUrls.get('provisioning'));
  await database.connect();
});

afterAll(async () => {
  await database.end();
  secondClient.close();
  await app.close();
  await way.close();
  await second.stop();
});

const add = (body: object, role: 'OPERATOR' | 'SALES' = 'OPERATOR') =>
  app.request<Record<string, unknown>>('/api/clusters', { role, body });

const operate = <Body = unknown>(path: string, method = 'POST') =>
  app.request<Body>(`/api/clusters/${path}`, { method, role: 'OPERATOR' });

async function cluster(id: string): Promise<ClusterView> {
  return (await app.request<ClusterView>(`/api/clusters/${id}`, { role: 'OPERATOR' })).body;
}

function requestIn(region: string): Promise<string> {
  const signed = contract();
  return sign(app, { ...signed, terms: { ...signed.terms, region } });
}

/** The cluster that an environment was placed on, once it is ready. */
async function homeOf(id: string): Promise<string | null> {
  return (await inStatus(app, id, 'ready')).clusterId;
}

/** Puts into the log that an environment was deleted. */
async function deleted(id: string): Promise<void> {
  const events = await app.events(`environment-${id}`);
  const [requested, last] = [events[0], events.at(-1)];
  const data = { ...(requested?.data as object), attempt: freshId(), objects: [], why: 'terminated' };
  const metadata = { ...last!.metadata, commandId: freshId() };
  const event = { id: freshId(), type: 'environment.deleted', data, metadata };
  await app.store.append(`environment-${id}`, [event], last!.revision);
}

describe('the first cluster', () => {
  it('is there by itself, for every region and without a limit', async () => {
    await eventually(async () =>
      expect(await cluster('default')).toMatchObject({
        status: 'open',
        regions: [],
        capacity: null,
        free: null,
        via: 'process',
      }),
    );
    expect(await homeOf(await requestIn(tokyo))).toBe('default');
    expect(await cluster('default')).toMatchObject({ environments: 1, health: { state: 'answers' } });
  });

  it('is added once, however often the process starts', async () => {
    const adding = app.app.get(DefaultCluster);
    adding.onApplicationBootstrap();
    await adding.added();
    await adding.beforeApplicationShutdown();
    expect((await app.events('cluster-default')).map(({ type }) => type)).toEqual(['cluster.added']);
  });
});

describe('adding a cluster', () => {
  const addition = { id: 'tokyo-2', name: 'Tokyo 2', regions: [tokyo], capacity: 3 };

  it('keeps its kubeconfig sealed, and out of the log and of every answer', async () => {
    const { status, body, headers } = await add({ ...addition, kubeconfig });
    expect({ status, id: body['id'], location: headers.get('location') }).toEqual({
      status: 201,
      id: 'tokyo-2',
      location: '/api/clusters/tokyo-2',
    });
    const [added] = await app.events('cluster-tokyo-2');
    expect(added).toMatchObject({
      type: 'cluster.added',
      data: { clusterId: 'tokyo-2', connection: { via: 'kubeconfig', credential: { version: 1 } } },
    });
    const { rows } = await database.query<{ sealed: string }>('select sealed from cluster_credentials');
    expect(rows).toEqual([{ sealed: expect.stringMatching(/^v1\./) as unknown }]);
    await eventually(async () => expect(await cluster('tokyo-2')).toMatchObject({ via: 'kubeconfig', free: 3 }));
    const shown = JSON.stringify([added?.data, added?.metadata, rows, await cluster('tokyo-2')]);
    for (const [, secret = ''] of kubeconfig.matchAll(/(?:token|key-data): "?([^"\s]+)/g)) {
      expect(shown).not.toContain(secret);
    }
  });

  it.each<[string, object, number, string]>([
    ['an id that is taken', { ...addition }, 409, 'cluster_exists'],
    ['an id that is no short name', { ...addition, id: 'Tokyo 3' }, 400, 'validation_failed'],
    ['no room at all', { ...addition, id: 'tokyo-3', capacity: 0 }, 400, 'validation_failed'],
    ['a region that is not sold', { ...addition, id: 'tokyo-3', regions: ['mars'] }, 422, 'not_in_catalogue'],
    [
      'no kubeconfig outside of a cluster',
      { ...addition, id: 'tokyo-3', kubeconfig: undefined },
      422,
      'kubeconfig_unusable',
    ],
    ['a kubeconfig that is none', { ...addition, id: 'tokyo-3', kubeconfig: 'nothing' }, 422, 'kubeconfig_unusable'],
    ['a cluster that does not answer', { ...addition, id: 'tokyo-3', away: true }, 422, 'cluster_not_usable'],
  ])('is refused with %s', async (_what, { away, ...body }: { away?: boolean }, status, code) => {
    const reached = away ? kubeconfig.replaceAll(`:${way.port}`, ':1') : kubeconfig;
    expect(await add({ kubeconfig: reached, ...body })).toMatchObject({ status, body: { code } });
    expect(await app.events('cluster-tokyo-3')).toEqual([]);
  });

  it('that was refused adds none without its kubeconfig when the key is used again', async () => {
    const headers = { 'Idempotency-Key': randomUUID() };
    const again = (id: string) =>
      app.request('/api/clusters', {
        role: 'OPERATOR',
        headers,
        body: { ...addition, id, regions: [osaka], kubeconfig },
      });
    expect(await again('tokyo-2')).toMatchObject({ status: 409, body: { code: 'cluster_exists' } });
    expect(await again('tokyo-2')).toMatchObject({
      status: 422,
      body: { code: 'kubeconfig_unusable', detail: expect.stringContaining('another Idempotency-Key') },
    });
    expect(await again('osaka-9')).toMatchObject({ status: 201 });
    await operate('osaka-9/cordon');
    expect(await app.app.get(Clusters).at({ clusterId: 'osaka-9' })).toBeDefined();
  });

  it('is for operators', async () => {
    expect(await add({ ...addition, kubeconfig }, 'SALES')).toMatchObject({ status: 403 });
    expect(await app.request('/api/clusters', { role: 'SALES' })).toMatchObject({ status: 403 });
  });
});

describe('where a new environment stands', () => {
  it('is the cluster of its region that is known to have room', async () => {
    const id = await requestIn(tokyo);
    expect(await homeOf(id)).toBe('tokyo-2');
    expect(await homeOf(await requestIn(osaka))).toBe('default');
    const labels = `keiyaku.dev/environment=${id}`;
    const { items } = await secondClient.list({ apiVersion: 'v1', kind: 'Namespace' }, undefined, { labels });
    expect(items).toHaveLength(1);
    expect(await cluster('tokyo-2')).toMatchObject({ environments: 1, free: 2 });
    const listed = await app.request<{ items: { id: string }[] }>('/api/environments?cluster=tokyo-2', {
      role: 'OPERATOR',
    });
    expect(listed.body.items.map((item) => item.id)).toEqual([id]);
  });

  it('is none that is cordoned: without any it waits, and goes on when there is room', async () => {
    expect(await operate('tokyo-2/cordon')).toMatchObject({ status: 200 });
    expect(await homeOf(await requestIn(tokyo))).toBe('default');
    await operate('default/cordon');
    const id = await requestIn(tokyo);
    expect((await inStatus(app, id, 'needs_attention')).attention).toMatchObject({
      step: 'plan',
      class: 'resource_shortage',
      reason: expect.stringContaining(`No cluster has room for another environment in ${tokyo}`),
      whatToDo: expect.stringContaining('uncordon'),
    });
    await eventually(async () => expect(await typesOf(app, id)).toContain('environment.rechecked'));
    await operate('default/uncordon');
    expect(await homeOf(id)).toBe('default');
    await operate('tokyo-2/uncordon');
    await eventually(async () => expect(await cluster('tokyo-2')).toMatchObject({ status: 'open' }));
  });
});

it('a cluster that is away keeps its own environments waiting alone, which costs them no try', async () => {
  await way.close();
  const waiting = await requestIn(tokyo);
  await eventually(async () => expect(await typesOf(app, waiting)).toContain('environment.postponed'), {
    timeoutMs: 20_000,
  });
  expect(await homeOf(await requestIn(osaka))).toBe('default');
  // Nothing is known to be free that answers but the one without a limit.
  expect(await homeOf(await requestIn(tokyo))).toBe('default');
  expect(await cluster('tokyo-2')).toMatchObject({
    environments: 2,
    health: { state: 'away', awaySince: expect.any(String), reason: expect.stringContaining('cannot be reached') },
  });
  const ready = (await (await fetch(`${app.url}/ready`)).json()) as { checks: Record<string, unknown> };
  expect(ready.checks['provisioning.clusters']).toMatchObject({
    ok: true,
    detail: { clusters: expect.arrayContaining([expect.objectContaining({ id: 'tokyo-2', answers: false })]) },
  });
  const metrics = await (await fetch(`${app.url}/metrics`)).text();
  expect(metrics).toContain('cluster_up{cluster="tokyo-2"} 0');
  expect(metrics).toContain('cluster_up{cluster="default"} 1');

  await way.open();
  expect(await homeOf(waiting)).toBe('tokyo-2');
  const types = await typesOf(app, waiting);
  expect(types.filter((type) => type === 'environment.delayed')).toHaveLength(1);
  expect(types).not.toContain('environment.step_failed');
  expect(types).not.toContain('environment.needs_attention');
  expect(await cluster('tokyo-2')).toMatchObject({ health: { state: 'answers', awaySince: null } });
});

describe('the connection of a cluster', () => {
  const put = (id: string, body: object, role: 'OPERATOR' | 'SALES' = 'OPERATOR') =>
    app.request(`/api/clusters/${id}/connection`, { method: 'PUT', role, body });

  it.each<[string, string, (good: string) => object, number, string]>([
    ['nobody knows', 'nowhere', (good) => ({ kubeconfig: good }), 404, 'cluster_not_found'],
    ['is given none', 'tokyo-2', () => ({}), 422, 'kubeconfig_unusable'],
    [
      'does not answer',
      'tokyo-2',
      (good) => ({ kubeconfig: good.replaceAll(`:${way.port}`, ':1') }),
      422,
      'cluster_not_usable',
    ],
  ])('stays when the cluster %s', async (_what, id, body, status, code) => {
    expect(await put(id, body(kubeconfig))).toMatchObject({ status, body: { code } });
  });

  it('is replaced in every process, and the old kubeconfig is destroyed', async () => {
    expect(await put('tokyo-2', { kubeconfig }, 'SALES')).toMatchObject({ status: 403 });
    const clusters = app.app.get(Clusters);
    const before = await clusters.at({ clusterId: 'tokyo-2' });
    expect(await put('tokyo-2', { kubeconfig: readFileSync(second.kubeconfig, 'utf8') })).toMatchObject({
      status: 200,
    });
    const events = await app.events('cluster-tokyo-2');
    const changed = events.at(-1)!;
    expectGoldenShape(changed);
    expect(changed.data).toMatchObject({ connection: { credential: { version: 2 } } });
    const ids = [events[0]!, changed].map(({ data }) => {
      return (data as { connection: { credential: { id: string } } }).connection.credential.id;
    });
    const { rows } = await database.query(
      'select sealed is not null as kept from cluster_credentials where id = any($1) order by created_at',
      [ids],
    );
    expect(rows).toEqual([{ kept: false }, { kept: true }]);

    await eventually(async () => expect(await clusters.at({ clusterId: 'tokyo-2' })).not.toBe(before));
    await way.close();
    const { client } = await clusters.at({ clusterId: 'tokyo-2' });
    expect(await client.get({ apiVersion: 'v1', kind: 'Namespace', name: 'default' })).toBeDefined();
    await way.open();
    await eventually(async () => expect((await cluster('tokyo-2')).server).toContain(`:${second.port}`));
  });
});

describe('a cluster that is not wanted any more', () => {
  it('is drained: nothing comes, and what stands there is told', async () => {
    const { body } = await operate<DrainResult>('tokyo-2/drain');
    expect(body).toMatchObject({ environments: 2, standing: [{ status: 'ready' }, { status: 'ready' }] });
    const draining = { status: 'draining', cordonedAt: expect.any(String) as unknown };
    await eventually(async () => expect(await cluster('tokyo-2')).toMatchObject(draining));
    expect(await operate('tokyo-2', 'DELETE')).toMatchObject({ status: 409, body: { code: 'cluster_not_empty' } });
  });

  it('is drained when the last of its environments is deleted', async () => {
    const types = async (): Promise<string[]> => (await app.events('cluster-tokyo-2')).map(({ type }) => type);
    const { body } = await app.request<{ items: { id: string }[] }>('/api/environments?cluster=tokyo-2', {
      role: 'OPERATOR',
    });
    for (const { id } of body.items) {
      expect((await types()).at(-1)).toBe('cluster.drain_started');
      await deleted(id);
    }
    await eventually(async () => expect((await types()).at(-1)).toBe('cluster.drain_ended'));
    await eventually(async () =>
      expect(await cluster('tokyo-2')).toMatchObject({ status: 'cordoned', environments: 0, free: 3 }),
    );
  });

  it('is removed when it is empty, and its kubeconfig is destroyed', async () => {
    expect(await add({ id: 'osaka-1', name: 'Osaka 1', regions: [osaka], capacity: 1, kubeconfig })).toMatchObject({
      status: 201,
    });
    const remove = () => operate<{ code?: string }>('osaka-1', 'DELETE');
    expect(await remove()).toMatchObject({ status: 409, body: { code: 'cluster_not_cordoned' } });
    await operate('osaka-1/cordon');
    expect(await remove()).toMatchObject({ status: 409, body: { code: 'cluster_settling' } });
    await eventually(async () => expect((await remove()).status).toBe(200));
    const [added] = await app.events('cluster-osaka-1');
    const { id } = (added as { data: { connection: { credential: { id: string } } } }).data.connection.credential;
    const sealed = async () =>
      (await database.query('select sealed from cluster_credentials where id = $1', [id])).rows as unknown[];
    expect(await sealed()).toEqual([{ sealed: null }]);
    // As if the process had been killed before it destroyed it.
    await database.query('update cluster_credentials set sealed = $2 where id = $1', [id, 'v1.left']);
    expect(await remove()).toMatchObject({ status: 404 });
    expect(await sealed()).toEqual([{ sealed: null }]);
    await eventually(async () => expect((await operate('osaka-1', 'GET')).status).toBe(404));
  });

  it.each(['cordon', 'uncordon', 'drain'])('answers %s with 404 when nobody knows it', async (command) => {
    expect(await operate(`nowhere-${randomUUID().slice(0, 4)}/${command}`)).toMatchObject({
      status: 404,
      body: { code: 'cluster_not_found' },
    });
  });
});
