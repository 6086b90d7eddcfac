import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { expect, it, onTestFinished } from 'vitest';
import { KubernetesClient } from '#apps/provisioning/src/kubernetes/kubernetes-client.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { compiled } from '#libs/local-stack/src/files.js';
import { choosePort } from '#libs/local-stack/src/ports.js';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { startKubernetesSimulator } from '#libs/testing/src/kubernetes-simulator.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import type { DemoResult } from '../../scripts/demo/report.js';
import { expectGoldenShape } from '../golden/golden-events.js';

it('takes a newcomer from nothing to a ready environment, and the next customer on the same data', async () => {
  const dataDir = temporaryFolder();
  const first = await demo(dataDir);
  expect(first).toMatchObject({ status: 'ready', objectsApplied: 22 });
  expect(first.namespace).toBe(`env-cust-2025-001-${first.environmentId.slice(0, 8)}`);
  expect(first.url).toBe('https://abc-corporation.your-service.com');
  expect(first.steps.map(({ name }) => name)).toEqual(['plan', 'validate', 'dry-run', 'apply', 'wait', 'smoke']);
  for (const { ms } of first.steps) expect(ms).toBeGreaterThan(0);
  const inSteps = first.steps.reduce((sum, { ms }) => sum + ms, 0);
  expect(first.signedToReadyMs).toBeGreaterThanOrEqual(inSteps);

  const mail = await PostalMime.parse(readFileSync(first.mail!));
  expect(mail.subject).toBe('[重要] AIチャットボット環境が準備完了しました');
  expect(mail.text).toContain('ABC Corporation 様');

  expect(first.crmTold).toMatchObject([
    { eventType: 'environment.requested', status: 'provisioning', externalId: 'CUST-2025-001' },
    { eventType: 'environment.ready', status: 'ready', url: first.url },
  ]);

  const second = await demo(dataDir);
  expect(second.crmTold.map(({ status }) => status)).toEqual(['provisioning', 'ready']);
  expect(second).toMatchObject({ status: 'ready', url: 'https://hoshino-logistics.your-service.com' });
  expect(second.namespace).toMatch(/^env-cust-2025-002-/);
  expect((await PostalMime.parse(readFileSync(second.mail!))).text).toContain('Hoshino Logistics');

  const log = await readLog(dataDir);
  for (const event of log) expectGoldenShape(event);
  const stream = log.filter((event) => event.stream === `environment-${first.environmentId}`);
  expect(stream.length).toBe(first.events);
  expectNoSecrets(dataDir, log);
}, 180_000);

it('applies to the cluster that KUBECONFIG names, with the same code', async () => {
  const cluster = await startKubernetesSimulator();
  onTestFinished(() => cluster.stop());
  const { namespace, status } = await demo(temporaryFolder(), { KUBECONFIG: cluster.kubeconfig });
  expect(status).toBe('ready');
  const client = await KubernetesClient.fromKubeconfig(cluster.kubeconfig);
  onTestFinished(() => client.close());
  expect(await client.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace })).toBeDefined();
}, 120_000);

/** What `npm run demo -- --json` prints as its last line. */
async function demo(dataDir: string, variables: Readonly<Record<string, string>> = {}): Promise<DemoResult> {
  const env = { PATH: process.env['PATH'], KEIYAKU_DATA: dataDir, PORT: String(await choosePort()), ...variables };
  const child = spawn(process.execPath, [compiled('scripts/demo.js'), '--json'], { env });
  let output = '';
  let progress = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (progress += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  expect(code, progress).toBe(0);
  return JSON.parse(output.trimEnd().split('\n').at(-1)!) as DemoResult;
}

async function readLog(dataDir: string): Promise<RecordedEvent[]> {
  const server = await startEventStoreServer({ data: join(dataDir, 'event-store') });
  const store = EventStore.connect(server.url);
  const entries = await store.readLog(undefined, 10_000);
  await store.close();
  await server.stop();
  return entries.flatMap(({ event }) => event ?? []);
}

/** The secrets of the data folder stand in their own files and nowhere that is read, sent or kept for long. */
function expectNoSecrets(dataDir: string, log: readonly RecordedEvent[]): void {
  const clients = JSON.parse(readFileSync(join(dataDir, 'service-clients.json'), 'utf8')) as { secret: string }[];
  const crm = JSON.parse(readFileSync(join(dataDir, 'demo-crm.json'), 'utf8')) as { source: { secret: string } };
  const { encryptionKey } = JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8')) as Record<string, string>;
  const inbox = JSON.parse(readFileSync(join(dataDir, 'demo-crm-inbox.json'), 'utf8')) as {
    endpoint: { secret: string };
  };
  const secrets = [...clients.map(({ secret }) => secret), crm.source.secret, inbox.endpoint.secret, encryptionKey!];

  const mails = readdirSync(join(dataDir, 'mails')).map((name) => join(dataDir, 'mails', name));
  const logs = readdirSync(join(dataDir, 'logs')).map((name) => join(dataDir, 'logs', name));
  const links = mails.flatMap((file) => readFileSync(file, 'utf8').match(/credentials#[\w=-]+/g) ?? []);
  const texts = [JSON.stringify(log, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))];
  texts.push(...logs.map((file) => readFileSync(file, 'utf8')));
  for (const text of texts) {
    for (const secret of [...secrets, ...links]) expect(text.includes(secret)).toBe(false);
  }
  for (const file of ['secrets.json', 'service-clients.json', 'demo-crm.json', 'demo-crm-inbox.json']) {
    expect(statSync(join(dataDir, file)).mode & 0o777, file).toBe(0o600);
  }
}
