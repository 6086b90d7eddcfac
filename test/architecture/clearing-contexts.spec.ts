import { expect, it } from 'vitest';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { clearingContexts } from '#libs/events/src/erasure.js';

const apps = join(import.meta.dirname, '../../apps');

it('every context clears its copies of erased data, and the certificate waits for each', () => {
  const contexts = readdirSync(apps).filter((name) =>
    readdirSync(join(apps, name, 'src')).includes(`${name}.module.ts`),
  );
  expect([...clearingContexts]).toEqual(contexts.toSorted());
  for (const context of contexts) {
    const folder = join(apps, context, 'src', 'clear-erased-copies');
    expect(readdirSync(folder), context).toContain('clear-erased-copies.policy.ts');
  }
});
