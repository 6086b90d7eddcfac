import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp, type TestRequest } from '#libs/testing/src/test-app.js';
import { ContractModule } from './contract.module.js';
import { abcContract, draft, type Result, sign } from './spec-contract.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ modules: [ContractModule], contexts: ['contract'] });
});

afterAll(() => app.close());

describe('drafting a contract', () => {
  it('answers where it stands and stores what was said', async () => {
    const { status, body, headers } = await draft(app);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/contracts/${body.id}`);
    expect(headers.get('etag')).toBe('"0"');
    expect(headers.get('x-event-position')).toBe(body.position);
    const events = await app.events(`contract-${body.id}`);
    expect(events).toMatchObject([
      {
        type: 'contract.drafted',
        data: { contractId: body.id, ...abcContract, origin: { channel: 'api' } },
        metadata: { actor: { id: 'test-sales', role: 'SALES' }, schemaVersion: 1 },
      },
    ]);
    expect(events[0]?.data).toHaveProperty('changedAt', events[0]?.metadata.occurredAt);
  });

  it('takes what the plan says where the terms leave it out', async () => {
    const { body } = await draft(app, { terms: { plan: 'business', region: 'us-east-1' } });
    expect((await app.events(`contract-${body.id}`))[0]?.data).toMatchObject({
      terms: { plan: 'business', region: 'us-east-1', storageQuota: '500GB', userLimit: 50 },
    });
  });

  it('repeated with its key answers the same and stores one contract', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await draft(app, {}, { headers });
    const answers = await Promise.all([draft(app, {}, { headers }), draft(app, {}, { headers })]);
    for (const answer of answers) expect(answer).toMatchObject({ status: 201, body: first.body });
    expect(await app.events(`contract-${first.body.id}`)).toHaveLength(1);
  });

  it('is refused when its key was used for another contract', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await draft(app, {}, { headers });
    const other = await draft(app, { contractDate: '2025-05-30' }, { headers });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(await app.events(`contract-${first.body.id}`)).toHaveLength(1);
  });

  it.each<[string, object, string]>([
    ['an unknown plan', { terms: { ...abcContract.terms, plan: 'gold' } }, '/terms/plan'],
    ['an unknown region', { terms: { ...abcContract.terms, region: 'moon-1' } }, '/terms/region'],
    ['too much storage', { terms: { ...abcContract.terms, storageQuota: '11TB' } }, '/terms/storageQuota'],
    ['too many users', { terms: { ...abcContract.terms, userLimit: 5001 } }, '/terms/userLimit'],
    ['a wrong quantity', { terms: { ...abcContract.terms, storageQuota: 'lots' } }, '/terms/storageQuota'],
    ['no quantity', { terms: { ...abcContract.terms, storageQuota: null } }, '/terms/storageQuota'],
    ['no terms', { terms: undefined }, '/terms'],
    ['no company', { company: null }, '/company'],
    ['a wrong mail address', { company: { ...abcContract.company, email: 'abc' } }, '/company/email'],
    ['a wrong day', { contractDate: '29.05.2025' }, '/contractDate'],
    ['a wrong number', { externalId: 'a/b' }, '/externalId'],
    ['an unknown field', { discount: 5 }, '/discount'],
  ])('with %s is refused and leaves nothing', async (_name, changes, pointer) => {
    const before = (await app.log('contract.drafted')).length;
    const { status, body } = await draft(app, changes);
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    const { errors } = body as unknown as { errors: { pointer: string }[] };
    expect(new Set(errors.map((error) => error.pointer))).toEqual(new Set([pointer]));
    expect(await app.log('contract.drafted')).toHaveLength(before);
  });

  it('as malformed JSON is refused', async () => {
    expect(await draft(app, {}, { body: '{"externalId"' })).toMatchObject({
      status: 400,
      body: { code: 'malformed_json' },
    });
  });

  it.each([
    ['no token', {}, 401, 'unauthenticated'],
    ['a token that is none', { token: 'x.y.z' }, 401, 'unauthenticated'],
    ['a role that may only read', { role: 'COMPLIANCE' }, 403, 'permission_denied'],
  ] as const)('with %s is refused', async (_name, caller, status, code) => {
    const answer = await app.request('/api/contracts', { body: abcContract, ...caller });
    expect(answer).toMatchObject({ status, body: { code } });
  });
});

describe('signing a contract', () => {
  it('stores that the customer signed', async () => {
    const { body: drafted } = await draft(app);
    const { status, body, headers } = await sign(app, drafted.id, { 'if-match': '"0"' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: drafted.id, revision: 1 });
    expect(headers.get('etag')).toBe('"1"');
    const [, signed] = await app.events(`contract-${drafted.id}`);
    expect(signed).toMatchObject({ type: 'contract.signed', data: { contractId: drafted.id, ...abcContract } });
    expect(BigInt(body.position)).toBeGreaterThan(BigInt(drafted.position));
  });

  it('is refused when the contract changed since it was read, naming who changed it', async () => {
    const { body: drafted } = await draft(app);
    await sign(app, drafted.id);
    expect(await sign(app, drafted.id, { 'if-match': '"0"' })).toMatchObject({
      status: 412,
      body: { code: 'revision_mismatch', currentRevision: 1, changedBy: { actor: 'test-sales' } },
    });
  });

  it('is refused the second time, also when both come at once', async () => {
    const { body: drafted } = await draft(app);
    const statuses = (await Promise.all([sign(app, drafted.id), sign(app, drafted.id)])).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(await sign(app, drafted.id)).toMatchObject({ status: 409, body: { code: 'contract_already_signed' } });
    expect(await app.events(`contract-${drafted.id}`)).toHaveLength(2);
  });

  it('is refused for an id that nobody knows', async () => {
    expect(await sign(app, randomUUID())).toMatchObject({ status: 404, body: { code: 'contract_not_found' } });
  });

  it('is refused for an id that is none', async () => {
    expect(await sign(app, '7')).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ in: 'path', pointer: '/id' }] },
    });
  });
});

describe('a contract that was signed', () => {
  const post = (id: string, what: string, body: unknown = {}, request: TestRequest = {}) =>
    app.request<Result & { detail?: string }>(`/api/contracts/${id}/${what}`, { role: 'SALES', body, ...request });
  const types = async (id: string) => (await app.events(`contract-${id}`)).map(({ type }) => type);

  async function signedContract(): Promise<string> {
    const { body } = await draft(app);
    await sign(app, body.id);
    return body.id;
  }

  it('is amended: what is named changes, and the rest stays', async () => {
    const id = await signedContract();
    const answer = await post(id, 'amend', { terms: { userLimit: 300 }, company: { language: 'en' } });
    expect(answer).toMatchObject({ status: 200, body: { id, revision: 2 } });
    expect((await app.events(`contract-${id}`)).at(-1)).toMatchObject({
      type: 'contract.amended',
      data: {
        ...abcContract,
        contractId: id,
        company: { ...abcContract.company, language: 'en' },
        terms: { ...abcContract.terms, userLimit: 300 },
        previous: abcContract.terms,
        origin: { channel: 'api' },
      },
    });
  });

  it('amended again with the same key is amended once', async () => {
    const id = await signedContract();
    const headers = { 'idempotency-key': randomUUID() };
    const body = { terms: { userLimit: 300 } };
    const first = await post(id, 'amend', body, { headers });
    expect(await post(id, 'amend', body, { headers })).toMatchObject({ status: 200, body: first.body });
    expect(await types(id)).toHaveLength(3);
  });

  it.each<[string, object, string, string]>([
    ['storage that shrinks', { terms: { storageQuota: '1TB' } }, 'storage_cannot_shrink', 'sign a new contract'],
    ['a plan with less room', { terms: { plan: 'starter', userLimit: 5 } }, 'storage_cannot_shrink', 'at most 500GB'],
    ['another region', { terms: { region: 'us-east-1' } }, 'region_cannot_move', 'Sign a new contract in us-east-1'],
  ])('is not amended to %s, and told what to do instead', async (_name, body, code, way) => {
    const id = await signedContract();
    const answer = await post(id, 'amend', body);
    expect(answer).toMatchObject({ status: 409, body: { code, detail: expect.stringContaining(way) as unknown } });
    expect(await types(id)).toHaveLength(2);
  });

  it.each<[string, object, string]>([
    ['an unknown plan', { terms: { plan: 'gold' } }, '/terms/plan'],
    ['too many users', { terms: { userLimit: 5001 } }, '/terms/userLimit'],
    ['null', { terms: { userLimit: null } }, '/terms/userLimit'],
    ['a wrong mail address', { company: { email: 'abc' } }, '/company/email'],
    ['nothing', {}, ''],
    ['nothing in terms', { terms: {} }, ''],
    ['another number', { externalId: 'CUST-2' }, '/externalId'],
  ])('is not amended to %s', async (_name, body, pointer) => {
    const id = await signedContract();
    const answer = await post(id, 'amend', body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    const { errors } = answer.body as unknown as { errors: { pointer: string }[] };
    expect(new Set(errors.map((error) => error.pointer))).toEqual(new Set([pointer]));
    expect(await types(id)).toHaveLength(2);
  });

  it('is suspended, resumed and terminated, with the reasons', async () => {
    const id = await signedContract();
    expect(await post(id, 'suspend', { reason: 'Unpaid.' })).toMatchObject({ status: 200, body: { revision: 2 } });
    expect(await post(id, 'suspend')).toMatchObject({ status: 409, body: { code: 'contract_already_suspended' } });
    expect(await post(id, 'resume')).toMatchObject({ status: 200 });
    expect(await post(id, 'resume')).toMatchObject({ status: 409, body: { code: 'contract_not_suspended' } });
    expect(await post(id, 'terminate', { reason: 'Notice given.' })).toMatchObject({ status: 200 });
    for (const what of ['suspend', 'resume', 'terminate', 'cancel']) {
      expect(await post(id, what)).toMatchObject({ status: 409, body: { code: 'contract_ended' } });
    }
    expect(await post(id, 'amend', { terms: { userLimit: 7 } })).toMatchObject({ body: { code: 'contract_ended' } });
    const [, , suspended, resumed, terminated, ...more] = await app.events(`contract-${id}`);
    expect([suspended?.data, resumed?.data, terminated?.data]).toMatchObject([
      { contractId: id, reason: 'Unpaid.', origin: { channel: 'api' } },
      { contractId: id, origin: { channel: 'api' } },
      { contractId: id, reason: 'Notice given.' },
    ]);
    expect(resumed?.data).not.toHaveProperty('reason');
    expect(more).toEqual([]);
  });

  it('is cancelled once, also as a draft', async () => {
    const { body } = await draft(app);
    expect(await post(body.id, 'suspend')).toMatchObject({ status: 409, body: { code: 'contract_not_signed' } });
    for (const id of [body.id, await signedContract()]) {
      expect(await post(id, 'cancel', { reason: 'By mistake.' })).toMatchObject({ status: 200 });
      expect(await post(id, 'cancel')).toMatchObject({ status: 409, body: { code: 'contract_ended' } });
    }
    expect(await types(body.id)).toEqual(['contract.drafted', 'contract.cancelled']);
  });

  it.each(['amend', 'suspend', 'resume', 'terminate', 'cancel'])(
    'is there, and it takes a right to %s it',
    async (what) => {
      const body = what === 'amend' ? { terms: { userLimit: 7 } } : {};
      expect(await post(randomUUID(), what, body)).toMatchObject({ status: 404, body: { code: 'contract_not_found' } });
      expect(await post(randomUUID(), what, body, { role: 'OPERATOR' })).toMatchObject({ status: 403 });
    },
  );
});
