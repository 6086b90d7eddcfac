import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { Clock } from '../clock.js';
import { ContractModule } from '../contract.module.js';
import { abcCorporation, registration, type Sent, sign, SpecCrm } from './spec-crm.js';

let app: TestApp;
let crm: SpecCrm;
let customers = 0;

beforeAll(async () => {
  app = await startTestApp({ modules: [ContractModule], contexts: ['contract'] });
});

afterAll(() => app.close());

/** A customer that no other test knows. */
function newCustomer(changes: object = {}) {
  return { id: `CUST-2025-${String((customers += 1)).padStart(3, '0')}`, ...changes };
}

async function storedWebhooks(sourceId = crm.source.id) {
  const events = await app.log('webhook.received');
  return events.filter(({ data }) => (data as { sourceId: string }).sourceId === sourceId);
}

async function contractTypes(externalId: string): Promise<string[]> {
  const events = await app.events(`contract-${stableId('contract', crm.source.id, externalId)}`);
  return events.map(({ type }) => type);
}

describe('a webhook of a CRM', () => {
  beforeAll(async () => {
    crm = await SpecCrm.register(app);
  });

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
    expect((await crm.send({ body })).status).toBe(202);
    const stored = (await storedWebhooks()).at(-1);
    expect(JSON.stringify(stored?.data)).not.toMatch(/tier|trace|api/);
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

  async function registered(customer: object & { id: string }): Promise<void> {
    expect((await crm.send({ body: registration(customer, at(5)) })).status).toBe(202);
    await eventually(async () => expect(await contractTypes(customer.id)).toHaveLength(2));
  }

  it('that are newer are recorded and not applied', async () => {
    const customer = newCustomer();
    await registered(customer);
    await crm.send({ body: registration({ ...customer, user_limit: 500 }, at(6)) });
    await eventually(async () => expect((await contractTypes(customer.id)).at(-1)).toBe('contract.change_recorded'));
    const contractId = stableId('contract', crm.source.id, customer.id);
    await eventually(async () => {
      const { body } = await app.request(`/api/contracts/${contractId}`, { role: 'SALES' });
      expect(body).toMatchObject({
        terms: { userLimit: 100 },
        changeRecordedAt: expect.any(String) as unknown,
        revision: 2,
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
    await eventually(async () => expect((await contractTypes(customer.id)).at(-1)).toBe('contract.change_recorded'));
    expect(await contractTypes(customer.id)).toHaveLength(3);
    expect(await app.events(`webhook-${stableId(crm.source.id, `same-${customer.id}`)}`)).toHaveLength(1);
  });
});

describe('a webhook that is not authenticated', () => {
  const seconds = (shift: number) => Math.floor(Date.now() / 1000) + shift;
  const otherSecret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  const now = String(seconds(0));
  const raw = JSON.stringify(registration({ id: 'CUST-FORGED' }));
  const signature = () => sign(crm.source.secret, 'msg', now, raw);

  beforeAll(async () => {
    crm = await SpecCrm.register(app);
  });

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
    expect(await storedWebhooks()).toEqual([]);
  });

  it('for a source without any secret is answered the same', async () => {
    const empty = await SpecCrm.register(app);
    const path = `/api/webhook-sources/${empty.source.id}/secrets/1`;
    expect((await app.request(path, { method: 'DELETE', role: 'ADMIN' })).status).toBe(200);
    expect(await empty.send()).toMatchObject({ status: 401, body: { code: 'webhook_unauthenticated' } });
  });

  it('is told apart by the second at the edges of five minutes', async () => {
    const clock = app.app.get(Clock);
    const real = clock.now;
    const standing = new Date('2026-03-01T12:00:00.000Z');
    clock.now = () => standing;
    try {
      const edge = standing.getTime() / 1000;
      const statuses = [];
      for (const timestamp of [edge - 301, edge - 300, edge + 300, edge + 301]) {
        statuses.push((await crm.send({ timestamp, body: registration(newCustomer()) })).status);
      }
      expect(statuses).toEqual([401, 202, 202, 401]);
    } finally {
      clock.now = real;
    }
  });
});

describe('a signed webhook with a wrong content', () => {
  beforeAll(async () => {
    crm = await SpecCrm.register(app);
  });

  const customer = (changes: object) => registration({ id: 'CUST-WRONG', ...changes });
  const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString();

  it.each<[string, () => unknown, string]>([
    [
      'an unknown plan',
      () => customer({ plan: 'gold' }),
      '/data/customer/plan: Unknown plan. Plans: starter, business, enterprise.',
    ],
    ['a plan like a built-in', () => customer({ plan: 'constructor' }), '/data/customer/plan: Unknown plan.'],
    [
      'an unknown region',
      () => customer({ region: 'moon-1' }),
      '/data/customer/region: Unknown region. Regions: ap-northeast-1,',
    ],
    [
      'more storage than the plan has',
      () => customer({ storage_quota: '11TB' }),
      '/data/customer/storage_quota: The plan enterprise has at most 10TB.',
    ],
    [
      'more users than the plan has',
      () => customer({ user_limit: 5001 }),
      '/data/customer/user_limit: The plan enterprise has at most 5000 users.',
    ],
    [
      'storage in other words',
      () => customer({ storage_quota: '1 TiB' }),
      '/data/customer/storage_quota: Storage_quota must be a whole number with MB, GB, TB or PB',
    ],
    ['no users', () => customer({ user_limit: 0 }), '/data/customer/user_limit: User_limit must not be less than 1.'],
    [
      'users as text',
      () => customer({ user_limit: '100' }),
      '/data/customer/user_limit: User_limit must be an integer number.',
    ],
    [
      'a day that does not exist',
      () => customer({ contract_date: '2025-02-30' }),
      '/data/customer/contract_date: Contract_date must be a calendar day',
    ],
    [
      'a mail address that is none',
      () => customer({ email: 'abc\r\nBcc: all@x' }),
      '/data/customer/email: Email must be an email.',
    ],
    [
      'an unknown language',
      () => customer({ language: 'fr' }),
      '/data/customer/language: Language must be one of the following values: ja, en.',
    ],
    ['an empty name', () => customer({ name: ' ' }), '/data/customer/name: Name must be one line of text'],
    [
      'a name over two lines',
      () => customer({ name: 'ABC\nBcc: x' }),
      '/data/customer/name: Name must be one line of text',
    ],
    ['half a character', () => customer({ name: 'ABC\ud83d' }), '/data/customer/name: Name must be one line of text'],
    ['an id with a space', () => customer({ id: 'CUST 1' }), '/data/customer/id: Id must be 1 to 64 letters'],
    [
      'no customer',
      () => ({ ...registration(), data: {} }),
      '/data/customer: Customer should not be null or undefined.',
    ],
    [
      'no data',
      () => ({ type: 'customer.registered', timestamp: '2025-05-29T09:00:00Z' }),
      '/data: Data should not be null',
    ],
    [
      'a timestamp without zone',
      () => registration({}, '2025-05-29T09:00:00'),
      '/timestamp: Timestamp must be an instant with its zone',
    ],
    [
      'a timestamp on a day that does not exist',
      () => registration({}, '2025-02-30T09:00:00Z'),
      '/timestamp: Timestamp must be an instant',
    ],
    ['a timestamp in the future', () => registration({}, tomorrow()), '/timestamp: Lies in the future.'],
    [
      'no type',
      () => ({ ...registration(), type: undefined }),
      '/type: Type must be one of the following values: customer.registered.',
    ],
    ['a list', () => [registration()], ': Must be a JSON object.'],
    ['nothing', () => null, ': Must be a JSON object.'],
  ])('(%s) is answered with where and why, and leaves nothing', async (_name, body, expected) => {
    const answer = await crm.send<{ errors: { pointer: string; detail: string }[] }>({ body: body() });
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    const lines = answer.body.errors.map(({ pointer, detail }) => `${pointer}: ${detail}`);
    expect(lines).toContainEqual(expect.stringContaining(expected));
    expect(await storedWebhooks()).toEqual([]);
  });

  it('names every wrong field at once', async () => {
    const answer = await crm.send({ body: customer({ plan: 'gold', region: 'moon-1' }) });
    expect(answer.body).toMatchObject({
      errors: [{ pointer: '/data/customer/plan' }, { pointer: '/data/customer/region' }],
    });
  });

  it('of an unknown type is told which ones are known', async () => {
    const answer = await crm.send({ body: { ...registration(), type: 'customer.deleted' } });
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'webhook_type_unknown', detail: 'Types that are understood: customer.registered.' },
    });
    expect(await storedWebhooks()).toEqual([]);
  });

  it('that is no JSON is refused', async () => {
    expect(await crm.send({ body: '{"type":' })).toMatchObject({ status: 400, body: { code: 'malformed_json' } });
    expect(await storedWebhooks()).toEqual([]);
  });

  it('that is no JSON by its type is refused', async () => {
    const answer = await crm.send({ body: 'type=customer', headers: { 'content-type': 'text/plain' } });
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
  });

  it('that is over one mebibyte is refused', async () => {
    const answer = await crm.send({ body: customer({ name: 'x'.repeat(1024 * 1024) }) });
    expect(answer).toMatchObject({ status: 413, body: { code: 'payload_too_large', maxBytes: 1024 * 1024 } });
    expect(await storedWebhooks()).toEqual([]);
  });
});
