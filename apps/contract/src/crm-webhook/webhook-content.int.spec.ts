import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { ContractModule } from '../contract.module.js';
import { registration, SpecCrm, standing } from './spec-crm.js';

let app: TestApp;
let crm: SpecCrm;

beforeAll(async () => {
  app = await startTestApp({ modules: [ContractModule], contexts: ['contract'] });
  crm = await SpecCrm.register(app);
});

afterAll(() => app.close());

describe('a signed webhook with a wrong content', () => {
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
    [
      'half a character',
      () => customer({ name: 'ABC\ud83d' }),
      '/data/customer/name: Holds a NUL character or half of a surrogate pair',
    ],
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
      '/type: Type must be one of the following values: customer.registered, customer.changed, customer.suspended,',
    ],
    [
      'a life-cycle type without a customer',
      () => ({ type: 'customer.suspended', timestamp: '2025-05-29T09:00:00Z', data: {} }),
      '/data/customer: Customer should not be null or undefined.',
    ],
    [
      'a life-cycle type with a reason over two lines',
      () => standing('customer.terminated', 'CUST-WRONG', '2025-05-29T09:00:00Z', 'a\nb'),
      '/data/reason: Reason must be one line of text with 1 to 500 characters.',
    ],
    ['a list', () => [registration()], ': Must be a JSON object.'],
    ['nothing', () => null, ': Must be a JSON object.'],
  ])('(%s) is answered with where and why, and leaves nothing', async (_name, body, expected) => {
    const answer = await crm.send<{ errors: { pointer: string; detail: string }[] }>({ body: body() });
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    const lines = answer.body.errors.map(({ pointer, detail }) => `${pointer}: ${detail}`);
    expect(lines).toContainEqual(expect.stringContaining(expected));
    expect(await app.log('webhook.received', 'webhook.life_cycle_received')).toEqual([]);
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
      body: {
        code: 'webhook_type_unknown',
        detail:
          'Types that are understood: customer.registered, customer.changed, customer.suspended, customer.resumed, ' +
          'customer.terminated, customer.cancelled.',
      },
    });
    expect(await app.log('webhook.received')).toEqual([]);
  });

  it('that is no JSON is refused', async () => {
    expect(await crm.send({ body: '{"type":' })).toMatchObject({ status: 400, body: { code: 'malformed_json' } });
    expect(await app.log('webhook.received')).toEqual([]);
  });

  it('that is no JSON by its type is refused', async () => {
    const answer = await crm.send({ body: 'type=customer', headers: { 'content-type': 'text/plain' } });
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
  });

  it('that is over one mebibyte is refused', async () => {
    const answer = await crm.send({ body: customer({ name: 'x'.repeat(1024 * 1024) }) });
    expect(answer).toMatchObject({ status: 413, body: { code: 'payload_too_large', maxBytes: 1024 * 1024 } });
    expect(await app.log('webhook.received')).toEqual([]);
  });
});
