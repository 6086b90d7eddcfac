import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { expectGoldenShape } from '../../../test/golden/golden-events.js';
import type { DealForecast, DealView } from './deal-list/deal-list.dto.js';
import { OpportunityModule } from './opportunity.module.js';
import { hire, openDeal, type Person, type Result, SpecCustomer } from './spec-opportunity.js';

let app: TestApp;
let rie: Person;
let customer: SpecCustomer;

beforeAll(async () => {
  app = await startTestApp({ modules: [OpportunityModule], contexts: ['opportunity'] });
  rie = await hire(app, 'SALES', '鈴木りえ');
  customer = await SpecCustomer.of(app);
});

afterAll(() => app.close());

async function read<Body = DealView>(path: string, position: string): Promise<Body> {
  const headers = { 'x-await-position': position };
  const { status, body } = await app.request<Body>(`/api/deals${path}`, { role: 'COMPLIANCE', headers });
  expect(status).toBe(200);
  return body;
}

function send(method: string, path: string, body?: object, { token }: Person = rie, headers = {}) {
  return app.request<Result>(`/api/deals/${path}`, { method, token, headers, ...(body && { body }) });
}

const events = async (id: string) => {
  const stored = await app.events(`deal-${id}`);
  for (const event of stored) expectGoldenShape(event);
  return stored.map(({ type }) => type);
};

describe('a deal', () => {
  it('is opened by its owner, and read with the names of owner and customer', async () => {
    const opened = await openDeal(app, rie, { customerId: customer.id, stage: 'PROPOSAL', amount: 999 });
    expect(opened).toMatchObject({ status: 201 });
    expect(opened.headers.get('location')).toBe(`/api/deals/${opened.body.id}`);
    expect(await read(`/${opened.body.id}`, opened.body.position)).toMatchObject({
      id: opened.body.id,
      title: '年間契約の更新',
      amount: 999,
      stage: 'PROPOSAL',
      probability: 50,
      weightedAmount: 499,
      expectedCloseDate: '2026-03-31',
      customerName: '佐藤花子',
      ownerId: rie.id,
      ownerName: '鈴木りえ',
      closedAt: null,
      deleted: false,
    });
  });

  it('is changed, goes through its stages, is won, and is taken up again', async () => {
    const { body } = await openDeal(app, rie);
    const other = await hire(app);
    const content = {
      title: 'More',
      amount: 2000,
      probability: 30,
      expectedCloseDate: '2026-04-30',
      ownerId: other.id,
    };
    expect(await send('PUT', body.id, content, rie, { 'if-match': '"0"' })).toMatchObject({ status: 200 });
    expect(await send('PUT', body.id, content, rie, { 'if-match': '"0"' })).toMatchObject({
      status: 412,
      body: { code: 'revision_mismatch', changedBy: { actor: rie.id } },
    });
    await send('PATCH', `${body.id}/stage`, { stage: 'NEGOTIATION' });
    const won = await send('PATCH', `${body.id}/stage`, { stage: 'WON', comment: '合意' });
    expect(await send('PATCH', `${body.id}/stage`, { stage: 'LOST' }, other)).toMatchObject({
      status: 409,
      body: { code: 'deal_closed', changedBy: { actor: rie.id, event: 'deal.won' } },
    });
    expect(await read(`/${body.id}`, won.body.position)).toMatchObject({
      title: 'More',
      ownerId: other.id,
      stage: 'WON',
      probability: 100,
      closeComment: '合意',
      closedAt: expect.any(String) as unknown,
    });
    const again = await send('PATCH', `${body.id}/stage`, { stage: 'QUALIFIED', probability: 20 });
    const view = await read(`/${body.id}`, again.body.position);
    expect(view).toMatchObject({ stage: 'QUALIFIED', probability: 20, closedAt: null, closeComment: null });
    await send('PATCH', `${body.id}/stage`, { stage: 'LOST' });
    expect(await events(body.id)).toEqual([
      'deal.opened',
      'deal.updated',
      'deal.stage_changed',
      'deal.won',
      'deal.stage_changed',
      'deal.lost',
    ]);
    const history = await app.request<{ items: object[] }>(`/api/deals/${body.id}/history`, { role: 'COMPLIANCE' });
    expect(history.body.items).toHaveLength(6);
  });

  it('is deleted and restored', async () => {
    const { body } = await openDeal(app, rie, { customerId: customer.id });
    expect(await send('POST', `${body.id}/restore`)).toMatchObject({ status: 409, body: { code: 'deal_not_deleted' } });
    const deleted = await send('DELETE', body.id);
    expect(deleted).toMatchObject({ status: 200, body: { revision: 1 } });
    expect(await send('PATCH', `${body.id}/stage`, { stage: 'WON' })).toMatchObject({
      status: 409,
      body: { code: 'deal_deleted' },
    });
    const idsOf = async (query: string, position: string) =>
      (await read<{ items: DealView[] }>(`?customerId=${customer.id}${query}`, position)).items.map(({ id }) => id);
    expect(await idsOf('', deleted.body.position)).not.toContain(body.id);
    expect(await idsOf('&deleted=true', deleted.body.position)).toEqual([body.id]);
    const restored = await send('POST', `${body.id}/restore`);
    expect(await idsOf('', restored.body.position)).toContain(body.id);
    expect(await events(body.id)).toEqual(['deal.opened', 'deal.deleted', 'deal.restored']);
  });

  it.each<[string, object, string]>([
    ['no title', { title: undefined }, '/title'],
    ['a wrong day', { expectedCloseDate: '31.03.2026' }, '/expectedCloseDate'],
    ['too much', { amount: 1_000_000_000_001 }, '/amount'],
    ['a stage that ends it', { stage: 'WON' }, '/stage'],
    ['more than certain', { probability: 101 }, '/probability'],
  ])('with %s is refused', async (_name, changes, pointer) => {
    expect(await openDeal(app, rie, changes)).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ pointer }] },
    });
  });

  it('needs somebody who is there and may look after it, and a role that may', async () => {
    const clerk = await hire(app, 'SUPPORT');
    expect(await openDeal(app, rie, { ownerId: clerk.id })).toMatchObject({
      status: 422,
      body: { code: 'user_unfit' },
    });
    const machine = { id: 'crm', token: app.token({ roles: ['SERVICE'], sub: 'crm' }) };
    expect(await openDeal(app, machine)).toMatchObject({ status: 422, body: { code: 'owner_needed' } });
    expect(await openDeal(app, machine, { ownerId: rie.id })).toMatchObject({ status: 201 });
    expect(await openDeal(app, rie, { customerId: randomUUID() })).toMatchObject({
      body: { code: 'customer_unknown' },
    });
    expect(await openDeal(app, clerk)).toMatchObject({ status: 403, body: { code: 'permission_denied' } });
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/history'],
      ['DELETE', ''],
      ['POST', '/restore'],
    ] as const) {
      const answer = await send(method, `${randomUUID()}${path}`);
      expect(answer).toMatchObject({ status: 404, body: { code: 'deal_not_found' } });
    }
  });
});

describe('the forecast', () => {
  it('weighs what is open by its probability, by stage, for an owner and a time', async () => {
    const owner = await hire(app);
    await openDeal(app, owner, { amount: 1_000_001, stage: 'LEAD' });
    await openDeal(app, owner, { amount: 1_000_001, stage: 'LEAD' });
    await openDeal(app, owner, { amount: 500_000, stage: 'PROPOSAL', expectedCloseDate: '2026-06-30' });
    const won = await openDeal(app, owner, { amount: 100 });
    await send('PATCH', `${won.body.id}/stage`, { stage: 'WON' });
    const gone = await openDeal(app, owner, { amount: 7 });
    const { body } = await send('DELETE', gone.body.id);
    const forecast = await read<DealForecast>(`/forecast?ownerId=${owner.id}`, body.position);
    expect(forecast).toEqual({
      stages: [
        { stage: 'LEAD', deals: 2, amount: 2_000_002, weightedAmount: 200_000 },
        { stage: 'QUALIFIED', deals: 0, amount: 0, weightedAmount: 0 },
        { stage: 'PROPOSAL', deals: 1, amount: 500_000, weightedAmount: 250_000 },
        { stage: 'NEGOTIATION', deals: 0, amount: 0, weightedAmount: 0 },
        { stage: 'WON', deals: 1, amount: 100, weightedAmount: 100 },
      ],
      open: { deals: 3, amount: 2_500_002, weightedAmount: 450_000 },
      total: { deals: 4, amount: 2_500_102, weightedAmount: 450_100 },
    });
    const june = `/forecast?ownerId=${owner.id}&closeFrom=2026-06-01&closeTo=2026-06-30`;
    expect((await read<DealForecast>(june, body.position)).total).toEqual({
      deals: 1,
      amount: 500_000,
      weightedAmount: 250_000,
    });
    const wrong = await app.request('/api/deals/forecast?closeFrom=june', { role: 'SALES' });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });
});
