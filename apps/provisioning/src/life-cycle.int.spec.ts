import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import type { EnvironmentEvents } from '#libs/events/src/provisioning.js';
import type { FailureOrders } from '#libs/kubernetes-simulator/src/failure-orders.js';
import { orderFailures } from '#libs/kubernetes-simulator/src/order-failures.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { expectGoldenShape } from '../../../test/golden/golden-events.js';
import { KubernetesClient } from './kubernetes/kubernetes-client.js';
import {
  change,
  contract,
  inStatus,
  type ProvisioningApp,
  sign,
  startProvisioningApp,
  typesOf,
} from './spec-provisioning.js';

let app: ProvisioningApp;
let kubernetes: KubernetesClient;
const folder = makeTemporaryFolder();

const operate = (id: string, action: string, body: object) =>
  app.request(`/api/environments/${id}/${action}`, { role: 'OPERATOR', body });

/** What is shipped, but the data of the starter plan is not kept after its export. */
function catalogueFile(): string {
  const { plans, regions } = loadCatalogue();
  const file = join(folder, 'catalogue.json');
  const starter = { ...plans['starter'], onTermination: { export: true, retentionDays: 0 } };
  writeFileSync(file, JSON.stringify({ plans: { ...plans, starter }, regions }));
  return file;
}

beforeAll(async () => {
  const env = {
    CATALOGUE_FILE: catalogueFile(),
    PROVISIONING_RECONCILE_MS: '200',
    PROVISIONING_APPROVAL_COST: '5000',
    PROVISIONING_DRIFT_MS: '2000',
    PROVISIONING_DRIFT: 'correct',
  };
  app = await startProvisioningApp({ env });
  kubernetes = await KubernetesClient.fromKubeconfig(app.cluster.kubeconfig);
});

afterEach(() => order({}));

afterAll(async () => {
  await app.close();
  kubernetes.close();
  rmSync(folder, { recursive: true });
});

const order = (orders: Partial<FailureOrders>): Promise<void> => orderFailures(app.cluster.kubeconfig, orders);
const slowRegistry: Partial<FailureOrders> = {
  images: [{ image: 'registry.example/keiyaku/chat-files:2.4.1', fails: 'timeout' }],
};

async function until(id: string, type: keyof EnvironmentEvents): Promise<RecordedEvent> {
  const came = await eventually(
    async () => {
      const found = (await app.events(`environment-${id}`)).findLast((event) => event.type === type);
      if (!found) throw new Error(`${type} has not come yet: ${(await typesOf(app, id)).join(', ')}`);
      return found;
    },
    { timeoutMs: 20_000 },
  );
  expectGoldenShape(came);
  return came;
}

async function kindsIn(namespace: string, kind: 'Deployment' | 'HorizontalPodAutoscaler' | 'PersistentVolumeClaim') {
  const apiVersion = { Deployment: 'apps/v1', HorizontalPodAutoscaler: 'autoscaling/v2', PersistentVolumeClaim: 'v1' };
  return (await kubernetes.list({ apiVersion: apiVersion[kind], kind }, namespace)).items;
}

it('follows its contract: amended, suspended, resumed, terminated', async () => {
  const signed = contract();
  const id = await sign(app, signed);
  const { namespace } = await inStatus(app, id, 'ready');

  const terms = { ...signed.terms, userLimit: 12, storageQuota: '180GB' };
  await change(app, signed, 'contract.amended', { terms });
  expect((await until(id, 'environment.amended')).data).toMatchObject({ terms, previous: signed.terms });
  expect(await inStatus(app, id, 'ready')).toMatchObject({ userLimit: 12, storageQuota: '180GB', mode: 'running' });
  const [claim] = await kindsIn(namespace, 'PersistentVolumeClaim');
  expect(claim?.['spec']).toMatchObject({ resources: { requests: { storage: '180G' } } });

  await change(app, signed, 'contract.suspended', { reason: 'Unpaid' });
  await until(id, 'environment.suspended');
  expect(await inStatus(app, id, 'suspended')).toMatchObject({ mode: 'suspended' });
  const stopped = await kindsIn(namespace, 'Deployment');
  expect(stopped.map(({ spec }) => (spec as { replicas: number }).replicas)).toEqual([0, 0]);
  expect(await kindsIn(namespace, 'HorizontalPodAutoscaler')).toEqual([]);
  expect(await kindsIn(namespace, 'PersistentVolumeClaim')).toHaveLength(1);

  await change(app, signed, 'contract.resumed');
  await until(id, 'environment.restored');
  await inStatus(app, id, 'ready');
  expect(await kindsIn(namespace, 'HorizontalPodAutoscaler')).toHaveLength(1);

  await change(app, signed, 'contract.terminated', { reason: 'They leave' });
  expect((await until(id, 'environment.exported')).data).toMatchObject({
    location: `log of Job export in ${namespace}`,
  });
  const { data } = await until(id, 'environment.deleted');
  expect(data).toMatchObject({
    why: 'terminated',
    reason: 'They leave',
    exportedTo: `log of Job export in ${namespace}`,
    retainedUntil: expect.any(String),
  });
  const { objects } = data as EnvironmentEvents['environment.deleted'];
  expect(objects.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['PersistentVolumeClaim', 'Namespace']));
  await inStatus(app, id, 'deleted');
  expect(await kubernetes.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace })).toBeUndefined();
  expect(await typesOf(app, id)).not.toContain('environment.needs_attention');
});

it('takes a smaller plan without running out of its own quota, which is the new one in the end', async () => {
  const terms = { ...contract().terms, plan: 'business' };
  const signed = contract({ terms });
  const id = await sign(app, signed);
  const { namespace } = await inStatus(app, id, 'ready');
  await change(app, signed, 'contract.amended', { terms: { ...terms, plan: 'starter' } });
  await until(id, 'environment.amended');
  expect(await typesOf(app, id)).not.toContain('environment.needs_attention');
  const quota = await kubernetes.get({ apiVersion: 'v1', kind: 'ResourceQuota', namespace, name: 'plan' });
  expect(quota?.['spec']).toMatchObject({ hard: { pods: '4', 'requests.cpu': '400m' } });
});

it('is changed much only when somebody approves', async () => {
  const signed = contract();
  const id = await sign(app, signed);
  await inStatus(app, id, 'ready');
  const dearer = { ...signed.terms, userLimit: 25 };
  await change(app, signed, 'contract.amended', { terms: dearer });
  const asked = await until(id, 'environment.approval_requested');
  expect(asked.data).toMatchObject({ costChange: { currency: 'JPY', amount: 7_500 } });
  expect((await inStatus(app, id, 'awaiting_approval')).approval).toMatchObject({
    changes: {
      create: [],
      delete: [],
      change: expect.arrayContaining([expect.objectContaining({ kind: 'ConfigMap' })]),
    },
    why: ['A month gets dearer by 7500 JPY; up to 5000 nobody is asked'],
  });
  expect((await operate(id, 'reject', { note: 'Too dear' })).status).toBe(200);
  expect(await inStatus(app, id, 'ready')).toMatchObject({ userLimit: 10, approval: null });
  expect(await typesOf(app, id)).not.toContain('environment.amended');

  await change(app, signed, 'contract.amended', { terms: { ...dearer, userLimit: 24 } });
  await inStatus(app, id, 'awaiting_approval');
  expect((await operate(id, 'approve', {})).status).toBe(200);
  await until(id, 'environment.amended');
  expect(await inStatus(app, id, 'ready')).toMatchObject({ userLimit: 24, approval: null });
});

it('is mended when somebody changes it by hand, field by field', async () => {
  const id = await sign(app, contract());
  const { namespace } = await inStatus(app, id, 'ready');
  const files = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name: 'files' } };
  await kubernetes.apply({ ...files, spec: { replicas: 3 } }, { fieldManager: 'somebody', force: true });
  const { data } = await until(id, 'environment.drift_found');
  expect(data).toMatchObject({
    correct: true,
    objects: [
      {
        kind: 'Deployment',
        name: 'files',
        what: 'changed',
        fields: [{ field: 'spec.replicas', found: '3', planned: '1' }],
      },
    ],
  });
  expect((await until(id, 'environment.drift_corrected')).data).toMatchObject({ by: 'us' });
  await inStatus(app, id, 'ready');
  const mended = await kubernetes.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'files' });
  expect(mended?.['spec']).toMatchObject({ replicas: 1 });
  expect(await typesOf(app, id)).not.toContain('environment.amended');
});

describe('what is wanted next', () => {
  it('overtakes an environment that waits for its pods: it is suspended, and then ready', async () => {
    await order(slowRegistry);
    const signed = contract();
    const id = await sign(app, signed);
    await until(id, 'environment.hindered');
    await change(app, signed, 'contract.suspended');
    await until(id, 'environment.attempt_stopped');
    await inStatus(app, id, 'suspended');
    await order({});
    await change(app, signed, 'contract.resumed');
    await inStatus(app, id, 'ready');
    expect(await typesOf(app, id)).not.toContain('environment.restored');
  });

  it('is the end of one that was never ready: it is cancelled, and nothing of it is left', async () => {
    await order(slowRegistry);
    const signed = contract();
    const id = await sign(app, signed);
    await until(id, 'environment.hindered');
    await change(app, signed, 'contract.cancelled', { reason: 'Signed twice' });
    expect((await until(id, 'environment.deleted')).data).toMatchObject({ why: 'cancelled', reason: 'Signed twice' });
    const { namespace } = await inStatus(app, id, 'cancelled');
    expect(await kubernetes.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace })).toBeUndefined();
  });

  it('is kept waiting by no failure: a correction of the contract is enough', async () => {
    const signed = contract({ terms: { ...contract().terms, region: 'ap-northeast-l' } });
    const id = await sign(app, signed);
    await inStatus(app, id, 'needs_attention');
    await change(app, signed, 'contract.amended', { terms: contract().terms });
    expect(await inStatus(app, id, 'ready')).toMatchObject({ region: 'ap-northeast-1' });
  });

  it('is its end, although its plan is not sold: it is exported, and nothing of it runs on', async () => {
    const signed = contract();
    const id = await sign(app, signed);
    const { namespace } = await inStatus(app, id, 'ready');
    await change(app, signed, 'contract.amended', { terms: { ...signed.terms, plan: 'gone' } });
    await inStatus(app, id, 'needs_attention');
    await change(app, signed, 'contract.terminated');
    await until(id, 'environment.exported');
    await until(id, 'environment.retained');
    expect(await kindsIn(namespace, 'Deployment')).toEqual([]);
    expect(await kindsIn(namespace, 'PersistentVolumeClaim')).toHaveLength(1);
  });

  it('never has two at work: each attempt ends before the next one begins', async () => {
    const signed = contract();
    const id = await sign(app, signed);
    for (const userLimit of [11, 12, 13, 14, 15]) {
      await until(id, 'environment.step_started');
      await change(app, signed, 'contract.amended', { terms: { ...signed.terms, userLimit } });
    }
    await eventually(async () => expect(await inStatus(app, id, 'ready')).toMatchObject({ userLimit: 15 }));
    expect(sideBySide(await app.events(`environment-${id}`))).toEqual([]);
  });
});

/** Attempts that began while another one was at work, or ended while they were not. */
function sideBySide(events: readonly RecordedEvent[]): string[] {
  const signsOfLife = ['environment.progressed', 'environment.hindered'];
  const wrong: string[] = [];
  let working: string | undefined;
  for (const { type, data, revision } of events) {
    const { attempt } = data as { readonly attempt?: string };
    const begins = type === 'environment.step_started';
    if (attempt === undefined || signsOfLife.includes(type)) continue;
    if (begins ? working !== undefined : working !== attempt) wrong.push(`${revision}: ${type} of ${attempt}`);
    working = begins ? attempt : undefined;
  }
  return wrong;
}
