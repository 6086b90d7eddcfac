import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { Crm } from '../../scripts/demo/crm.js';
import { KeiyakuApi } from '../../scripts/demo/keiyaku-api.js';
import { type Answer, ask } from '../../scripts/faults/answer.js';
import { readWholeLog } from '../../scripts/faults/raw-log.js';
import { crmClient } from '../../scripts/faults/run-faults.js';
import { type SuiteProcess, startSuiteProcess } from './suite-process.js';

const patience = { timeoutMs: 60_000 };
/** What the end of a process has left is taken up when its lease ends. */
const shortLeases = { PROVISIONING_LEASE_MS: '2000', PROVISIONING_RECONCILE_MS: '500' };

let folder: string;
let stack: Stack;
let suite: SuiteProcess;

beforeAll(async () => {
  folder = makeTemporaryFolder();
  stack = await startStack({ dataDir: folder, suite: false, ports: { suite: 0 } });
}, 60_000);

afterEach(() => void suite.child.kill('SIGKILL'));

afterAll(async () => {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('ends under load with every request answered, streams ended and exit code 0', async () => {
  suite = await startSuiteProcess(stack, { ...shortLeases, SHUTDOWN_NOTICE_MS: '2000' });
  const { url } = suite;
  const api = await KeiyakuApi.signIn(url, crmClient(stack));
  const crm = new Crm(folder, api);
  await crm.signContract();
  const stream = (async () => {
    for await (const event of api.events('/api/environments/events', new AbortController().signal)) void event;
    return 'ended';
  })();

  const answers: Answer[] = [];
  const token = await ask(`${url}/api/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: crmClient(stack).id,
      client_secret: crmClient(stack).secret,
    }),
  });
  const { access_token: bearer } = JSON.parse(token.text) as { access_token: string };
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
  const read = (): Promise<Answer> => ask(`${url}/api/contracts`, { headers });
  const write = (): Promise<Answer> =>
    ask(`${url}/api/webhook-sources`, { method: 'POST', headers, body: JSON.stringify({ name: 'Shutdown' }) });
  // Like a load balancer: one request after the other, over connections that stay open, until /ready says no.
  const told = new AbortController();
  const sendOn = async (send: () => Promise<Answer>): Promise<void> => {
    while (!told.signal.aborted) answers.push(await send());
  };
  const load = Promise.all([read, read, read, read, write, write, write, write].map(sendOn));
  await eventually(() => expect(answers.length).toBeGreaterThan(50), patience);

  suite.child.kill('SIGTERM');
  const ready = await eventually(async () => {
    const answer = await ask(`${url}/ready`);
    expect(answer.status).toBe(503);
    return answer;
  });
  expect(JSON.parse(ready.text)).toMatchObject({ failing: ['shutting-down'] });
  const before = answers.length;
  await eventually(() => expect(answers.length).toBeGreaterThan(before + 8));
  told.abort();
  await load;
  expect(await suite.exited).toEqual([0, null]);
  expect(await stream).toBe('ended');
  expect(answers.filter(({ status }) => status !== 200 && status !== 201)).toEqual([]);
  expect(suite.lines.filter((line) => /"level":(40|50|60)/.test(line))).toEqual([]);

  const registered = answers.flatMap(({ status, text }) =>
    status === 201 ? [(JSON.parse(text) as { id: string }).id] : [],
  );
  const log = await readWholeLog(stack.env['EVENTSTORE_URL']!);
  const stored = log.flatMap(({ type, data }) => (type === 'webhook_source.registered' ? [data['sourceId']] : []));
  expect(stored).toEqual(expect.arrayContaining(registered));

  // What was in work goes on in the next process.
  suite = await startSuiteProcess(stack, shortLeases);
  await eventually(async () => {
    const types = (await readWholeLog(stack.env['EVENTSTORE_URL']!)).map(({ type }) => type);
    expect(types).toContain('delivery.sent');
  }, patience);
  crm.finished();
}, 180_000);

it('is not held up beyond the deadline by a job that is stuck, which the next process takes up', async () => {
  suite = await startSuiteProcess(stack, { SHUTDOWN_WITHIN_MS: '2000' });
  const crm = new Crm(folder, await KeiyakuApi.signIn(suite.url, crmClient(stack)));
  const before = (await readWholeLog(stack.env['EVENTSTORE_URL']!)).length;
  const since = async (): Promise<string[]> =>
    (await readWholeLog(stack.env['EVENTSTORE_URL']!)).slice(before).map(({ type }) => type);
  // A talk with a mail server that says nothing lasts longer than the deadline.
  await stack.parts.smtp!.kill('SIGSTOP');
  try {
    await crm.signContract();
    await eventually(async () => expect(await since()).toContain('delivery.sending'), patience);
    suite.child.kill('SIGTERM');
    expect(await suite.exited).toEqual([1, null]);
    expect(suite.lines.join('\n')).toContain('Not everything ended within 2000 ms, so the rest is cut off.');
  } finally {
    await stack.parts.smtp!.kill('SIGCONT');
  }
  suite = await startSuiteProcess(stack);
  await eventually(async () => expect(await since()).toContain('delivery.sent'), patience);
  crm.finished();
}, 180_000);
