import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { orderFailures } from '#libs/kubernetes-simulator/src/order-failures.js';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import { eventually } from '#libs/testing/src/eventually.js';
import type { DashboardView } from './environment-dashboard/dashboard.dto.js';
import { contract, inStatus, type ProvisioningApp, sign, startProvisioningApp, typesOf } from './spec-provisioning.js';

let app: ProvisioningApp;
const [newest = '', before = ''] = loadCatalogue().plans['starter']?.images ?? [];

beforeAll(async () => {
  app = await startProvisioningApp({ env: { PROVISIONING_FAILURE_LEAST: '1', PROVISIONING_RECONCILE_MS: '500' } });
});

afterEach(() => orderFailures(app.cluster.kubeconfig, {}));

afterAll(() => app.close());

const mistyped = () => contract({ terms: { ...contract().terms, region: 'ap-northeast-l' } });
const post = (id: string, action: string, body: object, role: 'OPERATOR' | 'SALES' = 'OPERATOR') =>
  app.request(`/api/environments/${id}/${action}`, { role, body });

it('a mistyped region is corrected, and the environment gets ready', async () => {
  const id = await sign(app, mistyped());
  await inStatus(app, id, 'needs_attention');
  expect((await post(id, 'correct', { region: 'ap-northeast-1', note: 'Mistyped' })).status).toBe(200);
  expect(await inStatus(app, id, 'ready')).toMatchObject({ region: 'ap-northeast-1' });
  const timeline = await app.request<{ items: { line: string }[] }>(`/api/environments/${id}/timeline?limit=200`, {
    role: 'OPERATOR',
  });
  expect(timeline.body.items.map(({ line }) => line).join('\n')).toContain('corrected the settings to plan starter');
});

it('another version is chosen, one is resolved by hand, and one goes on from the step that failed', async () => {
  const images = [newest, before].map((image) => ({ image, fails: 'crash' as const }));
  await orderFailures(app.cluster.kubeconfig, { images });
  const ids: string[] = [];
  for (let count = 0; count < 3; count += 1) ids.push(await sign(app, contract()));
  for (const id of ids) await inStatus(app, id, 'needs_attention');
  const [first = '', second = '', third = ''] = ids;

  expect((await post(first, 'resolve', { note: 'Started by hand' })).status).toBe(200);
  await inStatus(app, first, 'ready');
  expect(await typesOf(app, first)).toContain('environment.resolved');

  await orderFailures(app.cluster.kubeconfig, {});
  expect((await post(second, 'correct', { image: newest })).status).toBe(200);
  expect((await post(third, 'retry', { from: 'wait' })).status).toBe(200);
  for (const id of [second, third]) await inStatus(app, id, 'ready');
  const planned = (await typesOf(app, third)).filter((type) => type === 'environment.planned');
  expect(planned).toHaveLength(2);
});

it.each([
  ['resolve', { note: 'Done' }, 409, 'resolve_not_possible'],
  ['retry', { from: 'smoke' }, 409, 'retry_not_possible'],
  ['correct', { region: 'ap-northeast-l' }, 422, 'not_in_catalogue'],
  ['correct', { plan: 'gold' }, 422, 'not_in_catalogue'],
  ['correct', { image: 'registry.example/other:1' }, 422, 'not_in_catalogue'],
  ['correct', {}, 409, 'correction_not_possible'],
])('%s with %j is refused where nothing stands yet', async (action, body, status, code) => {
  const id = await sign(app, mistyped());
  await inStatus(app, id, 'needs_attention');
  expect(await post(id, action, body)).toMatchObject({ status, body: { code } });
});

it.each([
  ['retry', { from: null }, '/from'],
  ['retry', { note: null }, '/note'],
  ['resolve', { note: 'Done\u0007' }, '/note'],
  ['correct', { storageQuota: null }, '/storageQuota'],
  ['correct', { userLimit: null }, '/userLimit'],
  ['correct', { storageQuota: '999999PB' }, '/storageQuota'],
  ['correct', { storageQuota: '2TB' }, '/storageQuota'],
  ['correct', { region: 'ap-northeast-1', userLimit: 999_999 }, '/userLimit'],
])('%s with %j names what is wrong and leaves nothing', async (action, body, pointer) => {
  const id = await sign(app, mistyped());
  await inStatus(app, id, 'needs_attention');
  const before = await typesOf(app, id);
  const answer = await post(id, action, body);
  expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  // One value can be wrong in several ways.
  const { errors } = answer.body as { errors: { in: string; pointer: string }[] };
  expect(new Set(errors.map((error) => `${error.in} ${error.pointer}`))).toEqual(new Set([`body ${pointer}`]));
  expect(await typesOf(app, id)).toEqual(before);
});

it('a smaller plan is refused while the other terms are beyond it', async () => {
  const terms = { ...contract().terms, plan: 'enterprise', region: 'ap-northeast-l', userLimit: 5_000 };
  const id = await sign(app, contract({ terms }));
  await inStatus(app, id, 'needs_attention');
  const errors = [{ in: 'body', pointer: '/userLimit' }];
  expect(await post(id, 'correct', { plan: 'starter', region: 'ap-northeast-1' })).toMatchObject({
    status: 400,
    body: { errors },
  });
});

it('an environment that is not wanted any more is cancelled, and nothing of it is left', async () => {
  await orderFailures(app.cluster.kubeconfig, { images: [newest, before].map((image) => ({ image, fails: 'crash' })) });
  const id = await sign(app, contract());
  await inStatus(app, id, 'needs_attention');
  expect((await post(id, 'cancel', { note: 'A test' })).status).toBe(200);
  await inStatus(app, id, 'cancelled');
  const [certificate] = (await app.events(`environment-${id}`)).slice(-1);
  expect(certificate).toMatchObject({
    type: 'environment.deleted',
    data: { why: 'cancelled', reason: 'A test', objects: expect.arrayContaining([expect.anything()]) },
  });
  expect(await post(id, 'cancel', { note: 'Again' })).toMatchObject({
    status: 409,
    body: { code: 'cancel_not_possible' },
  });
});

it.each(['approve', 'reject'])('%s is refused where nothing waits for it', async (action) => {
  const id = await sign(app, mistyped());
  await inStatus(app, id, 'needs_attention');
  expect(await post(id, action, { note: 'n' })).toMatchObject({ status: 409, body: { code: 'approval_not_possible' } });
});

it.each(['retry', 'resolve', 'correct', 'approve', 'reject', 'cancel'])('%s is for operators', async (action) => {
  const answer = await post('00000000-0000-5000-8000-000000000000', action, { note: 'n' }, 'SALES');
  expect(answer.status).toBe(403);
});

it('that so many fail is put on record once', async () => {
  const ids = [await sign(app, mistyped()), await sign(app, mistyped())];
  for (const id of ids) await inStatus(app, id, 'needs_attention');
  await eventually(async () => {
    expect(await app.log('failure_rate.exceeded', 'failure_rate.recovered')).toMatchObject([
      { type: 'failure_rate.exceeded', data: { thresholdPercent: 20, windowMinutes: 60 } },
    ]);
    const { body } = await app.request<DashboardView>('/api/environments/dashboard', { role: 'OPERATOR' });
    expect(body.failureRate).toMatchObject({ exceeded: true, least: 1 });
    const [here, nowhere] = [expect.objectContaining({ environmentId: ids[0], step: 'plan' }), 'ap-northeast-l'];
    expect(body.oldest).toContainEqual(here);
    expect(body.prices.map(({ region }) => region)).not.toContain(nowhere);
  });
});
