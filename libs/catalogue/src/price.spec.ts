import { describe, expect, it } from 'vitest';
import { loadCatalogue } from './catalogue.js';
import { monthlyPrice } from './price.js';

const catalogue = loadCatalogue();

describe('the price of a month', () => {
  it('is that of the environment, its storage and its users', () => {
    const terms = { plan: 'enterprise', storageQuota: '1TB', userLimit: 100 };
    expect(monthlyPrice(catalogue, terms)).toEqual({ currency: 'JPY', amount: 198_000 + 1000 * 20 + 100 * 400 });
  });

  it('is that of the storage alone while the environment is suspended', () => {
    const terms = { plan: 'business', storageQuota: '500GB', userLimit: 50 };
    expect(monthlyPrice(catalogue, terms, 'suspended')).toEqual({ currency: 'JPY', amount: 500 * 25 });
  });

  it('is in whole yen for storage below a gigabyte', () => {
    const terms = { plan: 'starter', storageQuota: '150MB', userLimit: 1 };
    expect(monthlyPrice(catalogue, terms)?.amount).toBe(9800 + 5 + 500);
  });

  it('is unknown for a plan that is not sold any more', () => {
    expect(monthlyPrice(catalogue, { plan: 'toString', storageQuota: '1TB', userLimit: 1 })).toBeUndefined();
  });
});
