import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import type { EnvironmentEvent, EnvironmentEvents } from '#libs/events/src/provisioning.js';
import type { FailureOrders } from '#libs/kubernetes-simulator/src/failure-orders.js';
import { orderFailures } from '#libs/kubernetes-simulator/src/order-failures.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { contract, inStatus, type ProvisioningApp, sign, startProvisioningApp, typesOf } from '../spec-provisioning.js';

let app: ProvisioningApp;
const folder = makeTemporaryFolder();
const newest = 'registry.example/keiyaku/chat-files:3.0.0';
const before = 'registry.example/keiyaku/chat-files:2.0.0';

/** What is shipped, with two versions of the starter plan. */
function catalogueFile(): string {
  const { plans, regions } = loadCatalogue();
  const file = join(folder, 'catalogue.json');
  writeFileSync(
    file,
    JSON.stringify({ plans: { ...plans, starter: { ...plans['starter'], images: [newest, before] } }, regions }),
  );
  return file;
}

beforeAll(async () => {
  const pauses = { PROVISIONING_RECONCILE_MS: '100', PROVISIONING_RETRY_MS: '20', PROVISIONING_RECHECK_MS: '20' };
  app = await startProvisioningApp({ env: { CATALOGUE_FILE: catalogueFile(), ...pauses } });
});

afterEach(() => order({}));

afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

const order = (orders: Partial<FailureOrders>): Promise<void> => orderFailures(app.cluster.kubeconfig, orders);

/** The events of one type, with their data. */
async function eventsOf<Type extends EnvironmentEvent['type']>(
  id: string,
  type: Type,
): Promise<EnvironmentEvents[Type][]> {
  const events = await app.events(`environment-${id}`);
  return events.filter((event) => event.type === type).map(({ data }) => data as EnvironmentEvents[Type]);
}

const ofClass = async (failureClass: string): Promise<string[]> => {
  const path = `/api/environments?class=${failureClass}`;
  const { body } = await app.request<{ items: { id: string }[] }>(path, { role: 'OPERATOR' });
  return body.items.map(({ id }) => id);
};

it('tries again what should pass by itself, and tells the customer once', async () => {
  await order({ answers: [{ status: 503, kind: 'Deployment', method: 'PATCH', times: 3 }] });
  const id = await sign(app, contract());
  expect(await inStatus(app, id, 'ready')).toMatchObject({ failureClass: null, nextTryAt: null });
  const failed = await eventsOf(id, 'environment.step_failed');
  expect(failed.length).toBeGreaterThan(0);
  expect(failed[0]).toMatchObject({ class: 'transient', reason: expect.stringContaining('503') });
  expect(await eventsOf(id, 'environment.delayed')).toMatchObject([{ cause: 'transient' }]);
});

it('waits for as long as the cluster asks', async () => {
  await order({ answers: [{ status: 429, kind: 'Service', method: 'PATCH', retryAfterSeconds: 600 }] });
  const id = await sign(app, contract());
  await eventually(async () => expect(await ofClass('transient')).toContain(id));
  const [failed] = await eventsOf(id, 'environment.step_failed');
  const [stored] = (await app.events(`environment-${id}`)).filter(({ type }) => type === 'environment.step_failed');
  expect(Date.parse(failed!.retryAt) - Date.parse(stored!.metadata.occurredAt)).toBe(600_000);
});

it('asks for attention when it does not pass', async () => {
  await order({ answers: [{ status: 504, kind: 'Service', method: 'PATCH' }] });
  const id = await sign(app, contract());
  const stuck = await inStatus(app, id, 'needs_attention');
  expect(stuck.attention).toMatchObject({ class: 'transient', tried: ['The step was tried 6 times.'] });
  expect(await eventsOf(id, 'environment.delayed')).toHaveLength(1);
});

it('asks for attention at once when a permission is missing, and tells the customer', async () => {
  await order({ answers: [{ status: 403, kind: 'Service', method: 'PATCH' }] });
  const id = await sign(app, contract());
  expect((await inStatus(app, id, 'needs_attention')).attention).toMatchObject({ class: 'configuration' });
  expect(await eventsOf(id, 'environment.step_failed')).toEqual([]);
  expect(await eventsOf(id, 'environment.failed')).toMatchObject([{ cause: 'configuration' }]);
});

it('sees a quota before anything is applied, and goes on when it is raised', async () => {
  await order({ quotas: [{ namespace: 'env-*', hard: { pods: '1' } }] });
  const id = await sign(app, contract());
  const stuck = await inStatus(app, id, 'needs_attention');
  expect(stuck).toMatchObject({
    failureClass: 'resource_shortage',
    attention: { step: 'dry-run', reason: expect.stringContaining('needs 2 of pods, and 1 are left') },
  });
  await eventually(async () => expect(await typesOf(app, id)).toContain('environment.rechecked'));
  await order({});
  expect(await inStatus(app, id, 'ready')).toMatchObject({ attention: null, failureClass: null });
  expect(await eventsOf(id, 'environment.delayed')).toMatchObject([{ cause: 'resource_shortage' }]);
  expect(await eventsOf(id, 'environment.resumed')).toMatchObject([{ step: 'dry-run' }]);
});

it('goes on with the step that lacked memory when the pods come up', async () => {
  await order({ images: [{ image: newest, fails: 'out_of_memory' }] });
  const id = await sign(app, contract());
  expect((await inStatus(app, id, 'needs_attention')).attention).toMatchObject({
    step: 'wait',
    class: 'resource_shortage',
  });
  await order({});
  await inStatus(app, id, 'ready');
  expect(await eventsOf(id, 'environment.resumed')).toMatchObject([{ step: 'wait' }]);
});

it('tries the version before when the newest does not work', async () => {
  await order({ images: [{ image: newest, fails: 'not_found' }] });
  const id = await sign(app, contract());
  await inStatus(app, id, 'ready');
  expect(await eventsOf(id, 'environment.version_replaced')).toMatchObject([{ from: newest, to: before }]);
  expect(await eventsOf(id, 'environment.failed')).toEqual([]);
});

it('asks for attention when no version works, with all that were tried', async () => {
  const fails = 'crash';
  await order({ images: [newest, before].map((image) => ({ image, fails })) });
  const id = await sign(app, contract());
  expect((await inStatus(app, id, 'needs_attention')).attention).toMatchObject({
    class: 'application',
    tried: [`The version ${newest} was tried and did not work.`],
  });
  expect(await eventsOf(id, 'environment.failed')).toMatchObject([{ cause: 'application' }]);
});

it('waits for a slow registry, tells the customer, and shows the class meanwhile', async () => {
  await order({ images: [{ image: newest, fails: 'timeout' }] });
  const id = await sign(app, contract());
  await eventually(async () => expect(await ofClass('transient')).toContain(id));
  await order({});
  await inStatus(app, id, 'ready');
  expect(await eventsOf(id, 'environment.hindered')).toHaveLength(1);
  expect(await eventsOf(id, 'environment.delayed')).toMatchObject([{ cause: 'transient' }]);
});
