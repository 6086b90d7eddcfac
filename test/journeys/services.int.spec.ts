import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isAlive } from '#libs/local-stack/src/process-table.js';
import { SERVICES } from '#libs/local-stack/src/stack-plan.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { KeiyakuApi } from '../../scripts/demo/keiyaku-api.js';
import { crmClient } from '../../scripts/faults/run-faults.js';
import { everyServiceIsThere, healthOf, makeFirstCalls } from './first-calls.js';
import { administratorsIn, baseIn, isUp, partsOf, type RunningStart, startProgram } from './start-program.js';
import { runTypedClient } from './typed-client.js';

let folder: string;
let program: RunningStart;
let gateway: string;
let administrator: { readonly email: string; readonly password: string };

beforeAll(async () => {
  folder = makeTemporaryFolder();
  program = await startProgram(folder, undefined, '--services');
  await isUp(program);
  gateway = baseIn(program.output());
  [administrator] = administratorsIn(program.output()) as [typeof administrator];
}, 120_000);

afterAll(async () => {
  await program?.end();
  rmSync(folder, { recursive: true });
}, 60_000);

async function signIn(): Promise<{ Authorization: string }> {
  const login = await fetch(`${gateway}/api/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(administrator),
  });
  const { accessToken } = (await login.json()) as { accessToken: string };
  return { Authorization: `Bearer ${accessToken}` };
}

it('the gateway reaches every service', async () => {
  expect(await healthOf(gateway)).toEqual(everyServiceIsThere);
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

async function signContract(api: KeiyakuApi, externalId: string): Promise<{ id: string; environmentId: string }> {
  const { id } = await api.post<{ id: string }>('/api/contracts', {
    externalId,
    company: { name: 'Separate Processes', email: 'it@separate.example', language: 'en' },
    terms: { plan: 'starter', region: 'ap-northeast-1' },
    contractDate: '2026-01-05',
  });
  await api.post(`/api/contracts/${id}/sign`, {});
  return eventually(async () => {
    const { items } = await api.get<{ items: readonly { id: string }[] }>(`/api/environments?contractId=${id}`);
    expect(items).toHaveLength(1);
    return { id, environmentId: items[0]!.id };
  });
}

it('a contract becomes an environment, told live through the gateway', async () => {
  const api = await KeiyakuApi.signIn(gateway, crmClient({ dataDir: folder }));
  const { id, environmentId } = await signContract(api, 'CUST-2026-001');
  const reading = new AbortController();
  for await (const { data } of api.events(`/api/environments/${environmentId}/events`, reading.signal)) {
    if (data.includes('environment.ready')) break;
  }
  reading.abort();
  await eventually(async () => {
    const { items } = await api.get<{ items: readonly { status: string }[] }>(`/api/environments?contractId=${id}`);
    expect(items).toMatchObject([{ status: 'ready' }]);
  });
}, 90_000);

it('an event stream ends when its reader signs out, and goes on for whoever signs in again', async () => {
  const api = await KeiyakuApi.signIn(gateway, crmClient({ dataDir: folder }));
  const { environmentId } = await signContract(api, 'CUST-2026-002');
  const follow = async (after?: string) => {
    const headers = { ...(await signIn()), ...(after !== undefined && { 'Last-Event-ID': after }) };
    const { status, body } = await fetch(`${gateway}/api/environments/${environmentId}/events`, { headers });
    expect(status).toBe(200);
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    /** The ids that come until there are so many, or the stream ends. */
    const ids = async (count = Infinity): Promise<string[]> => {
      let text = '';
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        text += part.value;
        const found = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id!);
        if (found.length >= count) return found.slice(0, count);
      }
      return [];
    };
    return { headers, ids, end: () => reader.cancel() };
  };
  const { headers, ids } = await follow();
  const [last, next] = await ids(2);
  await fetch(`${gateway}/api/auth/logout`, { method: 'POST', headers });
  await ids();
  const again = await follow(last);
  expect(await again.ids(1)).toEqual([next]);
  await again.end();
});

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

it('a service that dies answers 503 for its own paths, leaves the others alone, and is started again', async () => {
  const headers = await signIn();
  const ask = (path: string) => fetch(gateway + path, { headers });
  const { process: customer } = partsOf(folder).find(({ name }) => name === 'The service customer')!;
  process.kill(customer.pid, 'SIGKILL');
  const refused = await eventually(async () => {
    const answer = await ask('/api/customers');
    expect(answer.status).toBe(503);
    return answer;
  });
  expect(refused.headers.get('retry-after')).toBe('2');
  expect(await refused.json()).toMatchObject({ code: 'service_unavailable', service: 'customer' });
  expect((await ask('/api/contracts')).status).toBe(200);
  await eventually(async () => expect((await ask('/api/customers')).status).toBe(200), { timeoutMs: 30_000 });
  expect(program.output()).toContain(
    `The service customer was ended by SIGKILL and is started again. Its log: ${folder}/logs/customer.log\n`,
  );
}, 60_000);

it('everything ends with Ctrl-C', async () => {
  const parts = partsOf(folder);
  expect(parts.length).toBeGreaterThan(SERVICES.length);
  program.ctrlC();
  expect(await program.exited).toBe(0);
  expect(parts.filter((part) => isAlive(part.process))).toEqual([]);
}, 60_000);
