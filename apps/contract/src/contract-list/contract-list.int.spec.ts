import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { ContractModule } from '../contract.module.js';
import { abcContract, draft, sign } from '../spec-contract.js';

interface Page {
  readonly items: { readonly id: string; readonly externalId: string; readonly status: string }[];
  readonly next: string | null;
  readonly total?: number;
}

interface Invalid {
  readonly code: string;
  readonly errors: { readonly pointer: string }[];
}

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ modules: [ContractModule], contexts: ['contract'] });
});

afterAll(() => app.close());

describe('reading contracts', () => {
  const numbers = ['LIST-1', 'LIST-2', 'LIST-3', 'LIST-4', 'LIST-5'];

  async function list(query: string): Promise<Page> {
    return (await app.request<Page>(`/api/contracts?${query}`, { role: 'COMPLIANCE' })).body;
  }

  beforeAll(async () => {
    const terms = { plan: 'starter', region: 'eu-central-1' };
    for (const externalId of numbers) await draft(app, { externalId, terms });
    const { body } = await draft(app, { externalId: 'LIST-SIGNED', terms: { plan: 'starter', region: 'us-west-2' } });
    await sign(app, body.id);
    await eventually(async () => {
      const { total } = await list('plan=starter&status=signed&total=true');
      if (total !== 1) throw new Error('The last contract is not listed as signed.');
    });
  });

  it('lists newest first, a page at a time', async () => {
    const query = 'region=eu-central-1&limit=2';
    const found: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const page: Page = await list(next === '' ? query : `${query}&cursor=${next}`);
      expect(page.items.length).toBeLessThanOrEqual(2);
      found.push(...page.items.map(({ externalId }) => externalId));
      next = page.next;
    }
    expect(found).toEqual(numbers.toReversed());
  });

  it('sorts and filters', async () => {
    const page = await list('region=eu-central-1&sort=externalId');
    expect(page.items.map(({ externalId }) => externalId)).toEqual(numbers);
    expect((await list('externalId=LIST-3')).items).toMatchObject([{ externalId: 'LIST-3', status: 'draft' }]);
    expect((await list('plan=starter&status=signed')).items).toMatchObject([{ externalId: 'LIST-SIGNED' }]);
    expect((await list('region=nowhere')).items).toEqual([]);
  });

  it.each([
    ['limit=100000', '/limit'],
    ['limit=0', '/limit'],
    ['limit=ten', '/limit'],
    ['status=gone', '/status'],
    ['colour=red', '/colour'],
  ])('refuses ?%s', async (query, pointer) => {
    const { status, body } = await app.request<Invalid>(`/api/contracts?${query}`, { role: 'SALES' });
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'validation_failed' });
    expect(new Set(body.errors.map((error) => error.pointer))).toEqual(new Set([pointer]));
  });

  it.each([
    ['sort=price', 'unknown_sort'],
    ['cursor=xyz', 'invalid_cursor'],
  ])('refuses ?%s as well', async (query, code) => {
    expect(await app.request(`/api/contracts?${query}`, { role: 'SALES' })).toMatchObject({
      status: 400,
      body: { code },
    });
  });

  it('shows one with its revision as ETag', async () => {
    const { body: drafted } = await draft(app);
    await sign(app, drafted.id);
    await eventually(async () => {
      const { status, headers, body } = await app.request(`/api/contracts/${drafted.id}`, { role: 'SUPPORT' });
      expect({ status, etag: headers.get('etag') }).toEqual({ status: 200, etag: '"1"' });
      expect(body).toMatchObject({
        id: drafted.id,
        status: 'signed',
        ...abcContract,
        signedAt: expect.any(String) as unknown,
        changeRecordedAt: null,
        revision: 1,
      });
    });
  });

  it('does not know every id', async () => {
    for (const path of [randomUUID(), `${randomUUID()}/history`]) {
      const answer = await app.request(`/api/contracts/${path}`, { role: 'SALES' });
      expect(answer).toMatchObject({ status: 404, body: { code: 'contract_not_found' } });
    }
  });
});
