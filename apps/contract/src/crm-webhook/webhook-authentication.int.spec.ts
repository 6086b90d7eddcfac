import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { Clock } from '../clock.js';
import { ContractModule } from '../contract.module.js';
import { registration, type Sent, sign, SpecCrm } from './spec-crm.js';

let app: TestApp;
let crm: SpecCrm;

beforeAll(async () => {
  app = await startTestApp({ modules: [ContractModule], contexts: ['contract'] });
  crm = await SpecCrm.register(app);
});

afterAll(() => app.close());

async function stored() {
  const events = await app.log('webhook.received');
  return events.filter(({ data }) => 'sourceId' in data && data.sourceId === crm.source.id);
}

describe('a webhook that is not authenticated', () => {
  const seconds = (shift: number) => Math.floor(Date.now() / 1000) + shift;
  const otherSecret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  const now = String(seconds(0));
  const raw = JSON.stringify(registration({ id: 'CUST-FORGED' }));
  const signature = () => sign(crm.source.secret, 'msg', now, raw);

  it.each<[string, () => Sent]>([
    ['unknown source', () => ({ sourceId: randomUUID() })],
    ['source id that is no UUID', () => ({ sourceId: 'crm' })],
    ['source id in capitals', () => ({ sourceId: crm.source.id.toUpperCase() })],
    ['no webhook-id', () => ({ headers: { 'webhook-id': null } })],
    ['no webhook-timestamp', () => ({ headers: { 'webhook-timestamp': null } })],
    ['no webhook-signature', () => ({ headers: { 'webhook-signature': null } })],
    ['wrong secret', () => ({ secret: otherSecret })],
    ['empty signature', () => ({ headers: { 'webhook-signature': '' } })],
    ['garbage', () => ({ headers: { 'webhook-signature': 'v1,AAAA' } })],
    [
      'signature of another version',
      () => ({
        id: 'msg',
        timestamp: now,
        body: raw,
        headers: { 'webhook-signature': signature().replace('v1,', 'v1a,') },
      }),
    ],
    [
      'signature without its version',
      () => ({ id: 'msg', timestamp: now, body: raw, headers: { 'webhook-signature': signature().slice(3) } }),
    ],
    [
      'changed body',
      () => ({ id: 'msg', timestamp: now, body: `${raw} `, headers: { 'webhook-signature': signature() } }),
    ],
    ['changed id', () => ({ id: 'msg2', timestamp: now, body: raw, headers: { 'webhook-signature': signature() } })],
    [
      'changed timestamp',
      () => ({ id: 'msg', timestamp: Number(now) - 1, body: raw, headers: { 'webhook-signature': signature() } }),
    ],
    ['six minutes old', () => ({ timestamp: seconds(-360) })],
    ['six minutes ahead', () => ({ timestamp: seconds(360) })],
    ['dot in the id', () => ({ id: 'msg.1' })],
    ['dot in the timestamp', () => ({ timestamp: `${seconds(0)}.0` })],
    ['timestamp in another form', () => ({ timestamp: new Date().toISOString() })],
    ['wrong secret and content', () => ({ secret: otherSecret, body: '{"type":1}' })],
  ])('for its %s is answered like every other and leaves nothing', async (_reason, sent) => {
    const answer = await crm.send({ body: registration({ id: 'CUST-FORGED' }), ...sent() });
    const { instance: _instance, correlationId: _correlationId, ...body } = answer.body;
    expect({ status: answer.status, body }).toEqual({
      status: 401,
      body: {
        type: 'https://keiyaku.dev/problems/webhook_unauthenticated',
        title: 'Webhook not authenticated',
        status: 401,
        code: 'webhook_unauthenticated',
        detail: expect.stringMatching(/^Sign "<webhook-id>\.<webhook-timestamp>\.<body>" .* five minutes/) as unknown,
      },
    });
    expect(await stored()).toEqual([]);
  });

  it('for a source without any secret is answered the same', async () => {
    const empty = await SpecCrm.register(app);
    const path = `/api/webhook-sources/${empty.source.id}/secrets/1`;
    expect((await app.request(path, { method: 'DELETE', role: 'ADMIN' })).status).toBe(200);
    expect(await empty.send()).toMatchObject({ status: 401, body: { code: 'webhook_unauthenticated' } });
  });

  it('with a secret that another process retired is refused as soon as the log tells so', async () => {
    const rotated = await SpecCrm.register(app);
    expect((await rotated.send()).status).toBe(202);
    const stream = `webhook-source-${rotated.source.id}`;
    const added = (await app.events(stream)).at(-1)!;
    const { credentialId } = added.data as { credentialId: string };
    const data = { sourceId: rotated.source.id, credentialId, version: 1 };
    const retired = { id: randomUUID(), type: 'webhook_source.secret_retired', data, metadata: added.metadata };
    await app.store.append(stream, [retired], added.revision);
    await eventually(async () => expect((await rotated.send()).status).toBe(401));
  });

  it('is told apart by the second at the edges of five minutes', async () => {
    const punctual = await SpecCrm.register(app);
    const clock = app.app.get(Clock);
    const real = clock.now;
    const standing = new Date('2026-03-01T12:00:00.000Z');
    clock.now = () => standing;
    try {
      const edge = standing.getTime() / 1000;
      const statuses = [];
      for (const timestamp of [edge - 301, edge - 300, edge + 300, edge + 301]) {
        statuses.push((await punctual.send({ timestamp })).status);
      }
      expect(statuses).toEqual([401, 202, 202, 401]);
    } finally {
      clock.now = real;
    }
  });
});
