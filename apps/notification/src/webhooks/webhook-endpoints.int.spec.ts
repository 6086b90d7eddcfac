import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { NotificationModule } from '../notification.module.js';
import { toldEvents } from '../tell-endpoints/environment-update.js';
import type { WebhookEndpointPage } from '../webhook-endpoint-list/webhook-endpoint-list.dto.js';
import { type Issued, registered } from './spec-endpoint.js';

let app: TestApp;
let database: Client;
const url = 'https://crm.example/hooks';

beforeAll(async () => {
  app = await startTestApp({
    modules: [NotificationModule],
    contexts: ['notification'],
    // Nothing is sent here.
    env: { SMTP_URL: 'smtp://127.0.0.1:9', SERVICE_CLIENT_ID: 'spec', SERVICE_CLIENT_SECRET: 'spec' },
  });
  database = new Client(app.databaseUrls.get('notification'));
  await database.connect();
}, 60_000);

afterAll(async () => {
  await database?.end();
  await app?.close();
});

const register = (body: object, headers: Record<string, string> = {}) =>
  app.request<Issued>('/api/webhook-endpoints', { role: 'ADMIN', body, headers });
const post = (id: string, action: string, role: 'ADMIN' | 'OPERATOR' | 'SALES' = 'ADMIN', body?: object) =>
  app.request<Issued>(`/api/webhook-endpoints/${id}/${action}`, { method: 'POST', role, body });
const retire = (id: string, version: number) =>
  app.request(`/api/webhook-endpoints/${id}/secrets/${version}`, { method: 'DELETE', role: 'ADMIN' });
const read = (id: string) => app.request(`/api/webhook-endpoints/${id}`, { role: 'OPERATOR' });
const types = async (id: string) => (await app.events(`webhook-endpoint-${id}`)).map(({ type }) => type);

describe('registering a webhook endpoint', () => {
  it('shows the secret once, and stores it sealed and in no event', async () => {
    const { status, headers, body } = await register({ name: 'Sales CRM', url });
    expect({ status, location: headers.get('location') }).toEqual({
      status: 201,
      location: `/api/webhook-endpoints/${body.id}`,
    });
    expect(body).toEqual({
      id: body.id,
      revision: 1,
      position: headers.get('x-event-position'),
      version: 1,
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/) as unknown,
    });
    const [event, added] = await app.events(`webhook-endpoint-${body.id}`);
    expect(event).toMatchObject({
      type: 'webhook_endpoint.registered',
      data: { endpointId: body.id, name: 'Sales CRM', url },
    });
    const { credentialId } = (added as { data: { credentialId: string } }).data;
    const { rows } = await database.query<{ sealed: string }>('select sealed from webhook_credentials where id = $1', [
      credentialId,
    ]);
    expect(rows).toEqual([{ sealed: expect.stringMatching(/^v1\./) as unknown }]);
    const shown = await app.request(`/api/webhook-endpoints/${body.id}`, {
      role: 'OPERATOR',
      headers: { 'x-await-position': body.position },
    });
    expect(shown.headers.get('etag')).toBe('"1"');
    expect(shown.body).toEqual({
      id: body.id,
      name: 'Sales CRM',
      url,
      events: null,
      status: 'enabled',
      disabledBecause: null,
      failingSince: null,
      secrets: [{ version: 1, status: 'active', addedAt: expect.any(String), retiredAt: null }],
      registeredAt: expect.any(String),
      revision: 1,
    });
    const stored = JSON.stringify([event?.data, event?.metadata, added?.data, added?.metadata, rows, shown.body]);
    expect(stored).not.toContain(body.secret.slice('whsec_'.length));
  });

  it('repeated with its key, also at once, gives the same endpoint and the same secret', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { name: 'CRM', url };
    const twins = await Promise.all([register(body, headers), register(body, headers)]);
    const again = await register(body, headers);
    for (const twin of twins) expect(twin).toMatchObject({ status: 201, body: again.body });
    const other = await register({ name: 'Other', url }, headers);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(JSON.stringify(other.body)).not.toContain('whsec_');
  });

  it.each<[string, object, string, string]>([
    ['no name', { url }, '/name', 'Name must be one line of text with 1 to 100 characters.'],
    ['no URL', { name: 'CRM' }, '/url', 'Url must be one line of text with 1 to 2000 characters.'],
    [
      'http',
      { name: 'CRM', url: 'http://crm.example/' },
      '/url',
      'Must begin with https: what is sent would be readable on its way.',
    ],
    [
      'a password in the URL',
      { name: 'CRM', url: 'https://crm:s3cret@crm.example/' },
      '/url',
      'Must hold no user and no password. The receiver knows us by the signature.',
    ],
    [
      'an event that nobody sends',
      { name: 'CRM', url, events: ['environment.gone'] },
      '/events',
      `Events must be some of: ${toldEvents.join(', ')}.`,
    ],
    [
      'no events at all',
      { name: 'CRM', url, events: [] },
      '/events',
      'Events must name at least one type; leave it out for all.',
    ],
  ])('with %s is refused', async (_what, body, pointer, detail) => {
    const answer = await register(body);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ in: 'body', pointer, detail }] } });
    expect(JSON.stringify(answer.body)).not.toContain('s3cret');
  });

  it('is for administrators and machines', async () => {
    const answer = await app.request('/api/webhook-endpoints', { role: 'OPERATOR', body: { name: 'CRM', url } });
    expect(answer).toMatchObject({ status: 403, body: { permission: 'webhook-endpoints:manage' } });
  });
});

describe('its secrets', () => {
  it('are rotated and retired, and never the last one', async () => {
    const { id } = await registered(app, url);
    const second = await post(id, 'secrets');
    expect(second).toMatchObject({ status: 201, body: { version: 2 } });
    expect(await retire(id, 1)).toMatchObject({ status: 200 });
    expect(await retire(id, 2)).toMatchObject({ status: 409, body: { code: 'last_endpoint_secret' } });
    expect(await retire(id, 9)).toMatchObject({ status: 404, body: { code: 'endpoint_secret_not_found' } });
    const [, added] = await app.events(`webhook-endpoint-${id}`);
    const { credentialId } = (added as { data: { credentialId: string } }).data;
    const { rows } = await database.query('select sealed from webhook_credentials where id = $1', [credentialId]);
    expect(rows).toEqual([{ sealed: null }]);
  });

  it('are not shown again once they were retired', async () => {
    const { id } = await registered(app, url);
    const rotate = (headers: Record<string, string>) =>
      app.request<Issued>(`/api/webhook-endpoints/${id}/secrets`, { method: 'POST', role: 'ADMIN', headers });
    const headers = { 'idempotency-key': randomUUID() };
    await rotate(headers);
    await retire(id, 2);
    expect(await rotate(headers)).toMatchObject({ status: 409, body: { code: 'webhook_secret_retired' } });
  });
});

describe('disabling and enabling', () => {
  it('are for operators, and change the endpoint once', async () => {
    const { id } = await registered(app, url);
    expect(await post(id, 'disable', 'SALES')).toMatchObject({ status: 403 });
    expect(await post(id, 'disable', 'OPERATOR')).toMatchObject({ status: 200 });
    expect(await post(id, 'disable', 'OPERATOR')).toMatchObject({ status: 200 });
    await eventually(async () =>
      expect((await read(id)).body).toMatchObject({ status: 'disabled', disabledBecause: 'It was disabled by hand.' }),
    );
    const disabled = await app.request<WebhookEndpointPage>('/api/webhook-endpoints?status=disabled', {
      role: 'ADMIN',
    });
    expect(disabled.body.items.map((endpoint) => endpoint.id)).toEqual([id]);
    expect(await post(id, 'enable', 'OPERATOR')).toMatchObject({ status: 200 });
    await eventually(async () => expect((await read(id)).body).toMatchObject({ status: 'enabled' }));
    expect((await types(id)).slice(2)).toEqual(['webhook_endpoint.disabled', 'webhook_endpoint.enabled']);
  });
});

describe('an endpoint that nobody knows', () => {
  it.each([
    ['secrets', undefined],
    ['disable', undefined],
    ['enable', undefined],
    ['test', undefined],
    ['replay', { since: '2026-01-05T09:00:00Z' }],
  ])('has no %s', async (action, body) => {
    const answer = await post(randomUUID(), action, 'ADMIN', body);
    expect(answer).toMatchObject({ status: 404, body: { code: 'webhook_endpoint_not_found' } });
  });

  it('can not be read, nor can a delivery', async () => {
    expect(await read(randomUUID())).toMatchObject({ status: 404, body: { code: 'webhook_endpoint_not_found' } });
    const delivery = await app.request(`/api/webhook-deliveries/${randomUUID()}`, { role: 'SUPPORT' });
    expect(delivery).toMatchObject({ status: 404, body: { code: 'webhook_delivery_not_found' } });
  });
});

it('a replay needs an instant', async () => {
  const { id } = await registered(app, url);
  const answer = await post(id, 'replay', 'OPERATOR', { since: 'yesterday' });
  expect(answer).toMatchObject({
    status: 400,
    body: {
      errors: [{ pointer: '/since', detail: 'Since must be an instant with its zone, like 2025-05-29T09:00:00Z.' }],
    },
  });
});
