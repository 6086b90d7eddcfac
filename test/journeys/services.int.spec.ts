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
import { makeFirstCalls } from './first-calls.js';
import { runTypedClient } from './typed-client.js';

let folder: string;
let stack: Stack;
let gateway: string;
let administrator: { email: string; password: string };

beforeAll(async () => {
  folder = makeTemporaryFolder();
  const ports = Object.fromEntries(['suite', ...SERVICES].map((name) => [name, 0]));
  stack = await startStack({ dataDir: folder, suite: false, services: true, ports });
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
    kills: 5,
    seed: 8,
    atOnce: 6,
    print: (line) => lines.push(line),
  });
  expect(findings, lines.join('\n')).toEqual([]);
  expect(result.kills).toBe(5);
  expect(result.unanswered).toBeGreaterThan(0);
}, 180_000);
