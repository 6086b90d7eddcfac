import { describe, expect, it } from 'vitest';
import { namespaceName, slugCandidates } from './environment-name.js';

const environmentId = '1f2e3d4c-0000-5000-8000-000000000000';

function slugs(company: string, externalId = 'CUST-2025-001'): string[] {
  const candidates = slugCandidates(company, externalId);
  return [1, 2, 3].map(() => candidates.next().value);
}

describe('the slug of a company', () => {
  it.each([
    ['ABC Corporation', 'abc-corporation'],
    ['  Ünïcode & Söhne GmbH  ', 'unicode-sohne-gmbh'],
    ['ＡＢＣ株式会社', 'abc'],
    ['株式会社', 'cust-2025-001'],
    ['123', 'cust-2025-001'],
    ['"Ünïcode 株式会社; rm -rf"', 'unicode-rm-rf'],
    ['xn--ls8h', 'xn-ls8h'],
    ['a'.repeat(49) + ' b', 'a'.repeat(49)],
  ])('of %s is %s', (company, slug) => {
    expect(slugs(company)).toEqual([slug, `${slug}-2`, `${slug}-3`]);
  });

  it('is made up when neither name nor number has anything to take', () => {
    expect(slugs('株式会社', '契約')).toEqual(['customer', 'customer-2', 'customer-3']);
  });

  it('is never one of our own hosts', () => {
    expect(slugs('API')).toEqual(['api-2', 'api-3', 'api-4']);
  });
});

describe('the namespace', () => {
  it.each([
    ['CUST-2025-001', 'env-cust-2025-001-1f2e3d4c'],
    ['契約', 'env-1f2e3d4c'],
    ['../../x; rm -rf', 'env-x-rm-rf-1f2e3d4c'],
    ['A'.repeat(200), `env-${'a'.repeat(50)}-1f2e3d4c`],
  ])('of %s is %s', (externalId, name) => {
    expect(namespaceName(externalId, environmentId)).toBe(name);
    expect(name.length).toBeLessThanOrEqual(63);
  });
});
