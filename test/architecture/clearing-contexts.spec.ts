import { expect, it } from 'vitest';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clearingContexts } from '#libs/events/src/erasure.js';

const apps = join(import.meta.dirname, '../../apps');

it('every context clears its copies of erased data, and the certificate waits for each', () => {
  // What has no streams of its own, as the gateway, keeps nothing.
  const contexts = readdirSync(apps).filter((name) => {
    const module = join(apps, name, 'src', `${name}.module.ts`);
    return existsSync(module) && readFileSync(module, 'utf8').includes('EventSourcingModule.forContext(');
  });
  expect([...clearingContexts]).toEqual(contexts.toSorted());
  for (const context of contexts) {
    const folder = join(apps, context, 'src', 'clear-erased-copies');
    expect(readdirSync(folder), context).toContain('clear-erased-copies.policy.ts');
  }
});
