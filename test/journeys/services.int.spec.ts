import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readJson } from '#libs/local-stack/src/files.js';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { SERVICES } from '#libs/local-stack/src/stack-plan.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { KeiyakuApi } from '../../scripts/demo/keiyaku-api.js';
import { CrmPlace } from '../../scripts/faults/crm/crm-place.js';
import { runCrmKills } from '../../scripts/faults/crm/run-crm-kills.js';
import { crmClient } from '../../scripts/faults/run-faults.js';
import { keysSoonForgotten } from '../erasure/stack-with-customers.js';
import {
  belongings,
  burden,
  busyCustomer,
  followers,
  forgetPolicies,
  killAll,
  ownEvents,
  policiesAreThrough,
  shown,
  startAll,
} from './crm-cascades.js';
import { makeFirstCalls } from './first-calls.js';
import { runTypedClient } from './typed-client.js';

let folder: string;
let stack: Stack;
let gateway: string;
let administrator: { email: string; password: string };

beforeAll(async () => {
  folder = makeTemporaryFolder();
  const ports = Object.fromEntries(['suite', ...SERVICES].map((name) => [name, 0]));
  const environment = { ...process.env, ...keysSoonForgotten };
  stack = await startStack({ dataDir: folder, suite: false, services: true, ports, environment });
  gateway = stack.urls.api.replace(/\/api$/, '');
  administrator = readJson<typeof administrator>(join(folder, 'first-administrator.json'))!;
}, 120_000);

afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true });
}, 60_000);

it('the gateway reaches every service', async () => {
  const { status, services } = (await (await fetch(`${gateway}/health`)).json()) as {
    status: string;
    services: Record<string, { reachable: boolean }>;
  };
  expect(status).toBe('ok');
  expect(Object.keys(services).toSorted()).toEqual(SERVICES.filter((name) => name !== 'gateway').toSorted());
});

it('the first calls work with the real administrator, and nobody is let in after signing out', async () => {
  const accessToken = await makeFirstCalls(gateway, administrator);
  const headers = { Authorization: `Bearer ${accessToken}` };
  expect((await fetch(`${gateway}/customers`, { headers })).status).toBe(200);
  await fetch(`${gateway}/api/auth/logout`, { method: 'POST', headers });
  await eventually(async () => expect((await fetch(`${gateway}/customers`, { headers })).status).toBe(401), {
    timeoutMs: 1_000,
  });
});

it('a contract becomes an environment, told live through the gateway', async () => {
  const api = await KeiyakuApi.signIn(gateway, crmClient(stack));
  const { id } = await api.post<{ id: string }>('/api/contracts', {
    externalId: 'CUST-2026-001',
    company: { name: 'Separate Processes', email: 'it@separate.example', language: 'en' },
    terms: { plan: 'starter', region: 'ap-northeast-1' },
    contractDate: '2026-01-05',
  });
  await api.post(`/api/contracts/${id}/sign`, {});
  const environment = await eventually(async () => {
    const { items } = await api.get<{ items: readonly { id: string }[] }>(`/api/environments?contractId=${id}`);
    expect(items).toHaveLength(1);
    return items[0]!;
  });
  const reading = new AbortController();
  for await (const { data } of api.events(`/api/environments/${environment.id}/events`, reading.signal)) {
    if (data.includes('environment.ready')) break;
  }
  reading.abort();
  await eventually(async () => {
    const { items } = await api.get<{ items: readonly { status: string }[] }>(`/api/environments?contractId=${id}`);
    expect(items).toMatchObject([{ status: 'ready' }]);
  });
}, 90_000);

it('a client that is generated from the document compiles and works', async () => {
  const env = { API: gateway, EMAIL: administrator.email, PASSWORD: administrator.password };
  const written = await runTypedClient(`${gateway}/docs/openapi.json`, env);
  expect(JSON.parse(written)).toEqual({
    role: 'ADMIN',
    listed: 'Typed Client',
    one: 'Typed Client',
    refused: 'revision_mismatch',
  });
}, 60_000);

it('a service that is down answers 503 for its own paths, leaves the others alone, and comes back', async () => {
  const login = await fetch(`${gateway}/api/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(administrator),
  });
  const { accessToken } = (await login.json()) as { accessToken: string };
  const ask = (path: string) => fetch(gateway + path, { headers: { Authorization: `Bearer ${accessToken}` } });
  const services = async () => ((await (await fetch(`${gateway}/health`)).json()) as { services: object }).services;

  await stack.parts.customer!.kill('SIGKILL');
  const refused = await ask('/api/customers');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
  expect(await refused.json()).toMatchObject({ code: 'service_unavailable', service: 'customer' });
  expect((await ask('/api/contracts')).status).toBe(200);
  await eventually(async () => {
    expect(await services()).toMatchObject({ customer: { reachable: false }, contract: { reachable: true } });
  });
  await stack.parts.customer!.restart();
  await eventually(async () => expect((await ask('/api/customers')).status).toBe(200));
}, 60_000);

it('commands of the CRM are carried out once and answered alike, although its services are killed', async () => {
  const place = await CrmPlace.enter(stack);
  const lines: string[] = [];
  const { result, findings } = await runCrmKills(place, {
    kills: 4,
    seed: 8,
    atOnce: 6,
    print: (line) => lines.push(line),
  });
  expect(findings, lines.join('\n')).toEqual([]);
  expect(result.kills).toBe(4);
  expect(result.unanswered).toBeGreaterThan(0);
}, 180_000);

it('what follows users and customers is done when the services are back that were away, and once', async () => {
  const place = await CrmPlace.enter(stack);
  const [gone, successor] = [await place.user('SALES'), await place.user('MANAGER')];
  await burden(place, gone, 8);
  const [restored, erased] = [await busyCustomer(place, gone), await busyCustomer(place, successor)];
  const request = { subject: `customer:${erased.customerId}`, reason: 'requested_by_person' };
  const erasure = await place.done({ context: 'identity', method: 'POST', path: '/api/erasures', body: request });

  await killAll(place, ['sales-activity', 'opportunity']);
  const path = `/api/customers/${restored.customerId}`;
  await place.done({ context: 'customer', method: 'DELETE', path });
  await place.done({ context: 'customer', method: 'POST', path: `${path}/restore` });
  await killAll(place, ['customer']);
  const deleted = `/api/auth/users/${gone}?reassignTo=${successor}`;
  await place.done({ context: 'identity', method: 'DELETE', path: deleted });
  await startAll(place);
  await policiesAreThrough(place);
  await eventually(async () => {
    expect(await belongings(place, gone)).toEqual({ customers: 0, tasks: 0, approvals: 0, deals: 0 });
    expect(await belongings(place, successor)).toEqual({ customers: 10, tasks: 10, approvals: 8, deals: 10 });
    for (const view of await shown(place, restored)) expect(view).not.toMatch(/"(deleted":true|deletedAt":")/);
  });

  await eventually(
    async () => {
      const reading = { context: 'identity', method: 'GET', path: `/api/erasures/${erasure.id}` } as const;
      expect(await place.done(reading)).toMatchObject({ status: 'completed' });
    },
    { timeoutMs: 60_000 },
  );
  for (const view of await shown(place, erased)) {
    expect(view).toContain('[erased]');
    expect(view).not.toContain(erased.name);
  }

  await policiesAreThrough(place);
  const before = await ownEvents(place);
  await killAll(place, followers);
  await forgetPolicies(place);
  await startAll(place);
  await policiesAreThrough(place);
  expect(await ownEvents(place)).toEqual(before);
}, 180_000);
