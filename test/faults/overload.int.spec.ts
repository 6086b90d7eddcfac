import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { KeiyakuApi } from '../../scripts/demo/keiyaku-api.js';
import { ask, clearRefusal } from '../../scripts/faults/answer.js';
import { readWholeLog } from '../../scripts/faults/raw-log.js';
import { crmClient } from '../../scripts/faults/run-faults.js';

const inFlight = 32;
const atOnce = 1_500;
/** The suite alone takes about a third of it. */
const mostMb = 900;

let folder: string;
let stack: Stack;

beforeAll(async () => {
  folder = makeTemporaryFolder();
  stack = await startStack({
    dataDir: folder,
    suite: true,
    ports: { suite: 0 },
    environment: { ...process.env, HTTP_REQUESTS_IN_FLIGHT: String(inFlight) },
  });
}, 60_000);

afterAll(async () => {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Largest resident set of the suite so far. */
function peakMb(): number {
  const status = readFileSync(`/proc/${stack.parts.suite!.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

it('serves what it can take, refuses the rest clearly and is as before afterwards', async () => {
  const url = stack.suiteUrls[0]!;
  const client = crmClient(stack);
  const api = await KeiyakuApi.signIn(url, client);
  const token = await ask(`${url}/api/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret }),
  });
  const { access_token: bearer } = JSON.parse(token.text) as { access_token: string };
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
  const register = (number: number) =>
    ask(`${url}/api/webhook-sources`, { method: 'POST', headers, body: JSON.stringify({ name: `Source ${number}` }) });

  const answers = await Promise.all(Array.from({ length: atOnce }, (_, number) => register(number)));
  const served = answers.filter(({ status }) => status === 201);
  const refused = answers.filter((answer) => clearRefusal(answer) === 'overloaded');
  expect(served.length).toBeGreaterThanOrEqual(inFlight);
  expect(refused.length).toBeGreaterThan(0);
  expect(answers.filter((answer) => !served.includes(answer) && !refused.includes(answer))).toEqual([]);
  expect(new Set(refused.map((answer) => answer.headers.get('retry-after')))).toEqual(new Set(['1']));
  expect(peakMb()).toBeLessThan(mostMb);

  // Served means stored, refused means that nothing was done.
  const log = await readWholeLog(stack.env['EVENTSTORE_URL']!);
  const stored = log.flatMap(({ type, data }) =>
    type === 'webhook_source.registered' ? [String(data['sourceId'])] : [],
  );
  expect(stored.toSorted()).toEqual(served.map(({ text }) => (JSON.parse(text) as { id: string }).id).toSorted());

  expect((await ask(`${url}/ready`)).status).toBe(200);
  expect((await register(atOnce)).status).toBe(201);
  await eventually(async () => {
    const { items } = await api.get<{ items: unknown[] }>('/api/webhook-sources?limit=200');
    expect(items).toHaveLength(Math.min(200, served.length + 1));
  });
}, 120_000);
