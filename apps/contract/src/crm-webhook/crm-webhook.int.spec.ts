import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { ContractModule } from '../contract.module.js';
import { abcCorporation, change, registration, SpecCrm, standing } from './spec-crm.js';

let app: TestApp;
let crm: SpecCrm;
let customers = 0;

beforeAll(async () => {
  app = await startTestApp({ modules: [ContractModule], contexts: ['contract'] });
  crm = await SpecCrm.register(app);
});

afterAll(() => app.close());

/** A customer that no other test knows. */
function newCustomer(changes: object = {}) {
  return { id: `CUST-2025-${String((customers += 1)).padStart(3, '0')}`, ...changes };
}

async function contractTypes(externalId: string): Promise<string[]> {
  const events = await app.events(`contract-${stableId('contract', crm.source.id, externalId)}`);
  return events.map(({ type }) => type);
}

describe('a webhook of a CRM', () => {
  it('is stored and becomes a signed contract', async () => {
    const customer = newCustomer();
    const answer = await crm.send({ id: 'msg_1', body: registration(customer) });
    const stream = stableId(crm.source.id, 'msg_1');
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ id: stream, revision: 0, position: answer.headers.get('x-event-position') });

    const [received, ...more] = await app.events(`webhook-${stream}`);
    expect(more).toEqual([]);
    expect(received).toMatchObject({
      type: 'webhook.received',
      data: {
        sourceId: crm.source.id,
        webhookId: 'msg_1',
        webhookType: 'customer.registered',
        contractId: stableId('contract', crm.source.id, customer.id),
        changedAt: '2025-05-29T09:00:00.000Z',
        customer: {
          externalId: customer.id,
          company: { name: 'ABC Corporation', email: 'it@abc-corp.example', language: 'ja' },
          terms: { plan: 'enterprise', region: 'ap-northeast-1', storageQuota: '1TB', userLimit: 100 },
          contractDate: '2025-05-29',
        },
      },
      metadata: { actor: { id: `webhook-source:${crm.source.id}`, role: 'SERVICE', ip: '127.0.0.1' } },
    });

    const contractId = stableId('contract', crm.source.id, customer.id);
    await eventually(async () =>
      expect(await contractTypes(customer.id)).toEqual(['contract.drafted', 'contract.signed']),
    );
    const [, signed] = await app.events(`contract-${contractId}`);
    expect(signed).toMatchObject({
      data: { contractId, externalId: customer.id, terms: { plan: 'enterprise', storageQuota: '1TB' } },
      metadata: { causationId: received?.id, correlationId: received?.metadata.correlationId },
    });
    await eventually(async () => {
      const { status, body } = await app.request(`/api/contracts/${contractId}`, { role: 'SALES' });
      expect({ status, body }).toMatchObject({ status: 200, body: { id: contractId, status: 'signed', revision: 1 } });
    });
  });

  it('tolerates fields that it does not know and a customer without a status', async () => {
    const { environment_status: _status, ...customer } = { ...abcCorporation, ...newCustomer() };
    const body = { ...registration(), data: { customer: { ...customer, tier: 'gold' }, trace: 1 }, api: 2 };
    expect((await crm.send({ id: 'msg_tolerated', body })).status).toBe(202);
    const [stored] = await app.events(`webhook-${stableId(crm.source.id, 'msg_tolerated')}`);
    expect(Object.keys(stored?.data ?? {})).toEqual([
      'sourceId',
      'webhookId',
      'webhookType',
      'contractId',
      'changedAt',
      'customer',
    ]);
    expect(JSON.stringify(stored?.data)).not.toMatch(/tier|gold/);
  });

  it('repeated gives the first answer and stores nothing more', async () => {
    const body = registration(newCustomer());
    const first = await crm.send({ id: 'msg_repeated', body });
    const again = await crm.send({ id: 'msg_repeated', body, timestamp: Math.floor(Date.now() / 1000) + 60 });
    expect(again).toMatchObject({ status: 202, body: first.body });
    expect(await app.events(`webhook-${stableId(crm.source.id, 'msg_repeated')}`)).toHaveLength(1);
  });

  it('sent ten times at once is stored once and answered alike', async () => {
    const body = registration(newCustomer());
    const answers = await Promise.all(Array.from({ length: 10 }, () => crm.send({ id: 'msg_twins', body })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body)))).toHaveProperty('size', 1);
    expect(await app.events(`webhook-${stableId(crm.source.id, 'msg_twins')}`)).toHaveLength(1);
  });

  it('is refused with 409 when its id comes with another body', async () => {
    const customer = newCustomer();
    await crm.send({ id: 'msg_reused', body: registration(customer) });
    const answer = await crm.send({ id: 'msg_reused', body: registration({ ...customer, user_limit: 101 }) });
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'webhook_id_reused', detail: expect.stringContaining('another body') as unknown },
    });
    expect(await app.events(`webhook-${stableId(crm.source.id, 'msg_reused')}`)).toHaveLength(1);
  });

  it('with the id of another source is another webhook', async () => {
    const other = await SpecCrm.register(app);
    const body = registration(newCustomer());
    const [one, two] = [await crm.send({ id: 'msg_same', body }), await other.send({ id: 'msg_same', body })];
    expect([one.status, two.status]).toEqual([202, 202]);
    expect(one.body).not.toEqual(two.body);
  });
});

describe('changes of a customer that has a contract', () => {
  const at = (minute: number) => `2025-06-01T09:0${minute}:00Z`;

  async function registered(customer: { readonly id: string }): Promise<void> {
    await crm.send({ body: registration(customer, at(5)) });
    await eventually(async () => expect(await contractTypes(customer.id)).toHaveLength(2));
  }

  it('that are newer amend it', async () => {
    const customer = newCustomer();
    await registered(customer);
    await crm.send({ body: registration({ ...customer, user_limit: 500 }, at(6)) });
    await eventually(async () => expect((await contractTypes(customer.id)).at(-1)).toBe('contract.amended'));
    const contractId = stableId('contract', crm.source.id, customer.id);
    expect((await app.events(`contract-${contractId}`)).at(-1)?.data).toMatchObject({
      terms: { plan: 'enterprise', userLimit: 500 },
      previous: { plan: 'enterprise', userLimit: 100 },
    });
    await eventually(async () => {
      const { body } = await app.request(`/api/contracts/${contractId}`, { role: 'SALES' });
      expect(body).toMatchObject({ terms: { userLimit: 500 }, amendedAt: expect.any(String) as unknown, revision: 2 });
    });
  });

  it('that are impossible in place are on record as refused, with the way out', async () => {
    const customer = newCustomer();
    await registered(customer);
    await crm.send({ body: change({ ...customer, storage_quota: '500GB' }, at(6)) });
    await eventually(async () => expect((await contractTypes(customer.id)).at(-1)).toBe('contract.amendment_refused'));
    const contractId = stableId('contract', crm.source.id, customer.id);
    await eventually(async () => {
      const { body } = await app.request(`/api/contracts/${contractId}`, { role: 'SALES' });
      expect(body).toMatchObject({
        terms: { storageQuota: '1TB' },
        changeRefusedReason: expect.stringContaining('sign a new contract with less') as unknown,
      });
    });
  });

  it('that are older are recorded as superseded', async () => {
    const customer = newCustomer();
    await registered(customer);
    await crm.send({ id: `late-${customer.id}`, body: registration({ ...customer, plan: 'business' }, at(4)) });
    await eventually(async () => expect(await contractTypes(customer.id)).toHaveLength(3));
    const contractId = stableId('contract', crm.source.id, customer.id);
    expect((await app.events(`contract-${contractId}`)).at(-1)).toMatchObject({
      type: 'contract.change_superseded',
      data: {
        contractId,
        origin: { channel: 'webhook', sourceId: crm.source.id, webhookId: `late-${customer.id}` },
        changedAt: '2025-06-01T09:04:00.000Z',
        appliedChangedAt: '2025-06-01T09:05:00.000Z',
      },
    });
  });

  it('that say the same leave nothing, the webhook apart', async () => {
    const customer = newCustomer();
    await registered(customer);
    await crm.send({ id: `same-${customer.id}`, body: registration(customer, at(7)) });
    await crm.send({ body: registration({ ...customer, language: 'en' }, at(8)) });
    // The later change is handled after the equal one, so only one event proves that the equal one left none.
    await eventually(async () => expect((await contractTypes(customer.id)).at(-1)).toBe('contract.amended'));
    expect(await contractTypes(customer.id)).toHaveLength(3);
    expect(await app.events(`webhook-${stableId(crm.source.id, `same-${customer.id}`)}`)).toHaveLength(1);
  });
});

describe('webhooks that say what became of a customer', () => {
  it('are stored and change how the contract stands', async () => {
    const customer = newCustomer();
    await crm.send({ body: registration(customer, '2025-06-01T08:00:00Z') });
    const answer = await crm.send({ id: `suspend-${customer.id}`, body: standing('customer.suspended', customer.id) });
    expect(answer.status).toBe(202);
    const contractId = stableId('contract', crm.source.id, customer.id);
    const received = {
      sourceId: crm.source.id,
      webhookId: `suspend-${customer.id}`,
      contractId,
      webhookType: 'customer.suspended',
      changedAt: '2025-06-01T09:00:00.000Z',
      externalId: customer.id,
      reason: 'As agreed.',
    };
    const [stored] = await app.events(`webhook-${stableId(crm.source.id, `suspend-${customer.id}`)}`);
    expect(stored).toMatchObject({ type: 'webhook.life_cycle_received', data: received });
    await crm.send({ body: standing('customer.resumed', customer.id, '2025-06-01T10:00:00Z') });
    await crm.send({ body: standing('customer.suspended', customer.id, '2025-06-01T09:30:00Z') });
    await crm.send({ body: standing('customer.terminated', customer.id, '2025-06-01T11:00:00Z') });
    await crm.send({ body: standing('customer.resumed', customer.id, '2025-06-01T12:00:00Z') });
    await eventually(async () =>
      expect(await contractTypes(customer.id)).toEqual([
        'contract.drafted',
        'contract.signed',
        'contract.suspended',
        'contract.resumed',
        'contract.change_superseded',
        'contract.terminated',
        'contract.amendment_refused',
      ]),
    );
    await eventually(async () => {
      const { body } = await app.request(`/api/contracts/${contractId}`, { role: 'SALES' });
      expect(body).toMatchObject({ status: 'terminated', standingReason: 'As agreed.', revision: 6 });
    });
  });

  it('that come before the registration wait for it', async () => {
    const customer = newCustomer();
    await crm.send({ body: standing('customer.cancelled', customer.id) });
    await eventually(async () => expect(await contractTypes(customer.id)).toEqual(['contract.change_held']));
    const held = async () => {
      const { body } = await app.request<{ items: object[] }>('/api/contract-intake/held', { role: 'OPERATOR' });
      return body.items;
    };
    await eventually(async () =>
      expect(await held()).toEqual([
        {
          contractId: stableId('contract', crm.source.id, customer.id),
          externalId: customer.id,
          change: 'cancelled',
          reason: 'As agreed.',
          changedAt: '2025-06-01T09:00:00.000Z',
          heldAt: expect.any(String) as unknown,
        },
      ]),
    );
    await crm.send({ body: registration(customer) });
    await eventually(async () =>
      expect(await contractTypes(customer.id)).toEqual([
        'contract.change_held',
        'contract.drafted',
        'contract.signed',
        'contract.cancelled',
      ]),
    );
    await eventually(async () => expect(await held()).toEqual([]));
  });
});
