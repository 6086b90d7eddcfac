import { expect, it } from 'vitest';
import { BareAlias } from './bare-alias.js';

const alias = new BareAlias();
for (const url of [
  '/api/customers',
  '/api/customers/:id',
  '/api/credentials/redeem',
  '/credentials',
  '/health',
  '/*',
]) {
  alias.learn(url);
}

it.each([
  ['/customers', '/api/customers'],
  ['/customers?limit=1', '/api/customers?limit=1'],
  ['/customers/7/timeline', '/api/customers/7/timeline'],
  ['/api/customers', '/api/customers'],
  ['/health', '/health'],
  ['/credentials', '/credentials'],
  ['/customersX', '/customersX'],
  ['/nothing', '/nothing'],
  ['/?customers', '/?customers'],
  ['*', '*'],
])('takes %s for %s', (asked, routed) => {
  expect(alias.rewrite(asked)).toBe(routed);
});
