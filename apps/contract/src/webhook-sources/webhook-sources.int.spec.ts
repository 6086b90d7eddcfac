import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { ContractModule } from '../contract.module.js';
import { type Issued, registration, SpecCrm } from '../crm-webhook/spec-crm.js';

let app: TestApp;
let database: Client;

beforeAll(async () => {
  app = await startTestApp({ modules: [ContractModule], contexts: ['contract'] });
  database = new Client(app.databaseUrls.get('contract'));
  await database.connect();
});

afterAll(async () => {
  await database.end();
  await app.close();
});

function register(headers: Record<string, string> = {}, body: object = { name: 'Sales CRM' }) {
  return app.request<Issued>('/api/webhook-sources', { role: 'ADMIN', body, headers });
}

function rotate(id: string, headers: Record<string, string> = {}) {
  return app.request<Issued>(`/api/webhook-sources/${id}/secrets`, { method: 'POST', role: 'ADMIN', headers });
}

function retire(id: string, version: number | string) {
  return app.request(`/api/webhook-sources/${id}/secrets/${version}`, { method: 'DELETE', role: 'ADMIN' });
}

async function eventTypes(id: string): Promise<string[]> {
  const events = await app.events(`webhook-source-${id}`);
  return events.map(({ type, data }) => ('version' in data ? `${type} ${String(data.version)}` : type));
}

/** Whether a webhook signed with the secret is taken. */
async function accepted(crm: SpecCrm, secret: string): Promise<boolean> {
  const { status } = await crm.send({ secret, body: registration({ id: `C-${randomUUID()}` }) });
  expect([202, 401]).toContain(status);
  return status === 202;
}

describe('registering a webhook source', () => {
  it('shows the secret, and stores it sealed and in no event', async () => {
    const { status, headers, body } = await register();
    expect({ status, location: headers.get('location') }).toEqual({
      status: 201,
      location: `/api/webhook-sources/${body.id}`,
    });
    expect(body).toEqual({
      id: body.id,
      revision: 1,
      position: headers.get('x-event-position'),
      version: 1,
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/) as unknown,
    });
    const [registered, added] = await app.events(`webhook-source-${body.id}`);
    expect(registered).toMatchObject({
      type: 'webhook_source.registered',
      data: { sourceId: body.id, name: 'Sales CRM' },
    });
    const { credentialId } = (added as { data: { credentialId: string } }).data;
    expect(added).toMatchObject({ type: 'webhook_source.secret_added', data: { sourceId: body.id, version: 1 } });
    const { rows } = await database.query<{ sealed: string }>('select sealed from webhook_credentials where id = $1', [
      credentialId,
    ]);
    expect(rows).toEqual([{ sealed: expect.stringMatching(/^v1\./) as unknown }]);
    const stored = JSON.stringify([registered?.data, registered?.metadata, added?.data, added?.metadata, rows]);
    expect(stored).not.toContain(body.secret.slice('whsec_'.length));
  });

  it('repeated with its key, also at once, gives the same source and the same secret', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const twins = await Promise.all([register(headers), register(headers), register(headers)]);
    const again = await register(headers);
    for (const twin of twins) expect(twin).toMatchObject({ status: 201, body: again.body });
    expect(await eventTypes(again.body.id)).toEqual(['webhook_source.registered', 'webhook_source.secret_added 1']);
  });

  it('is refused when its key was used for another source', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    await register(headers);
    const other = await register(headers, { name: 'Other CRM' });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(JSON.stringify(other.body)).not.toContain('whsec_');
  });

  it.each([
    ['no name', {}],
    ['an empty name', { name: '' }],
    ['an endless name', { name: 'x'.repeat(101) }],
  ])('with %s is refused', async (_name, body) => {
    const answer = await register({}, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed', errors: [{ pointer: '/name' }] } });
  });

  it('is for administrators and machines', async () => {
    const as = (role: 'SERVICE' | 'SALES') => app.request('/api/webhook-sources', { role, body: { name: 'CRM' } });
    expect(await as('SERVICE')).toMatchObject({ status: 201 });
    expect(await as('SALES')).toMatchObject({ status: 403, body: { permission: 'webhook-sources:manage' } });
  });
});

describe('rotating secrets', () => {
  it('lets the old and the new secret pass, and never three', async () => {
    const crm = await SpecCrm.register(app);
    const { id, secret: first } = crm.source;
    const { status, body: second } = await rotate(id);
    expect({ status, version: second.version }).toEqual({ status: 201, version: 2 });
    expect(await Promise.all([accepted(crm, first), accepted(crm, second.secret)])).toEqual([true, true]);

    const { body: third } = await rotate(id);
    const passing = [first, second.secret, third.secret].map((secret) => accepted(crm, secret));
    expect(await Promise.all(passing)).toEqual([false, true, true]);
    expect((await eventTypes(id)).slice(2)).toEqual([
      'webhook_source.secret_added 2',
      'webhook_source.secret_added 3',
      'webhook_source.secret_retired 1',
    ]);
  });

  it('repeated with its key gives the same secret', async () => {
    const { body: source } = await register();
    const headers = { 'idempotency-key': randomUUID() };
    const first = await rotate(source.id, headers);
    expect(await rotate(source.id, headers)).toMatchObject({ status: 201, body: first.body });
    expect(await eventTypes(source.id)).toHaveLength(3);
  });

  it('repeated after its secret was retired does not bring it back', async () => {
    const { body: source } = await register();
    const headers = { 'idempotency-key': randomUUID() };
    await rotate(source.id, headers);
    await retire(source.id, 2);
    const again = await rotate(source.id, headers);
    expect(again).toMatchObject({ status: 409, body: { code: 'webhook_secret_retired' } });
    expect(await eventTypes(source.id)).toHaveLength(4);
  });

  it('is refused with a stale If-Match', async () => {
    const { body: source } = await register();
    await rotate(source.id, { 'if-match': '"1"' });
    expect(await rotate(source.id, { 'if-match': '"1"' })).toMatchObject({ status: 412 });
    expect(await eventTypes(source.id)).toHaveLength(3);
  });

  it('is refused for a source that nobody knows', async () => {
    const answer = await rotate(randomUUID());
    expect(answer).toMatchObject({ status: 404, body: { code: 'webhook_source_not_found' } });
    expect(JSON.stringify(answer.body)).not.toContain('whsec_');
  });
});

describe('retiring a secret', () => {
  it('refuses it from then on and forgets it', async () => {
    const crm = await SpecCrm.register(app);
    const { id, secret: first } = crm.source;
    const { body: second } = await rotate(id);
    expect(await retire(id, 1)).toMatchObject({ status: 200, body: { id, revision: 3 } });
    expect(await Promise.all([accepted(crm, first), accepted(crm, second.secret)])).toEqual([false, true]);
    const [, added] = await app.events(`webhook-source-${id}`);
    const { credentialId } = (added as { data: { credentialId: string } }).data;
    const { rows } = await database.query('select sealed from webhook_credentials where id = $1', [credentialId]);
    expect(rows).toEqual([{ sealed: null }]);
  });

  it('a second time changes nothing', async () => {
    const { body: source } = await register();
    await retire(source.id, 1);
    expect(await retire(source.id, 1)).toMatchObject({ status: 200, body: { revision: 2 } });
    expect(await eventTypes(source.id)).toHaveLength(3);
  });

  it('is refused for versions and sources that never were', async () => {
    const { body: source } = await register();
    expect(await retire(source.id, 9)).toMatchObject({ status: 404, body: { code: 'webhook_secret_not_found' } });
    expect(await retire(randomUUID(), 1)).toMatchObject({ status: 404, body: { code: 'webhook_source_not_found' } });
    expect(await retire(source.id, 'one')).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });
});

describe('reading webhook sources', () => {
  it('shows secrets by version and never the secret', async () => {
    const { body: source } = await register({}, { name: 'Read CRM' });
    const { body: second } = await rotate(source.id);
    await retire(source.id, 1);
    await eventually(async () => {
      const path = `/api/webhook-sources/${source.id}`;
      const { status, headers, body } = await app.request(path, { role: 'COMPLIANCE' });
      expect({ status, etag: headers.get('etag') }).toEqual({ status: 200, etag: '"3"' });
      const when = expect.stringMatching(/Z$/) as unknown;
      expect(body).toEqual({
        id: source.id,
        name: 'Read CRM',
        path: `/api/webhooks/crm/${source.id}`,
        secrets: [
          { version: 1, status: 'retired', addedAt: when, retiredAt: when },
          { version: 2, status: 'active', addedAt: when, retiredAt: null },
        ],
        registeredAt: when,
        revision: 3,
      });
    });
    const list = await app.request<{ items: { name: string }[] }>('/api/webhook-sources?sort=name', { role: 'ADMIN' });
    expect(list.body.items.map(({ name }) => name)).toContain('Read CRM');
    expect(JSON.stringify(list.body)).not.toContain(second.secret);
    expect(JSON.stringify(list.body)).not.toContain('whsec_');
  });

  it('refuses unknown ids, endless pages and roles that may not look', async () => {
    const read = (path: string, role: 'ADMIN' | 'SALES' = 'ADMIN') =>
      app.request(`/api/webhook-sources${path}`, { role });
    expect(await read(`/${randomUUID()}`)).toMatchObject({ status: 404, body: { code: 'webhook_source_not_found' } });
    expect(await read('?limit=100000')).toMatchObject({ status: 400, body: { errors: [{ pointer: '/limit' }] } });
    expect(await read('', 'SALES')).toMatchObject({ status: 403, body: { code: 'permission_denied' } });
  });
});
