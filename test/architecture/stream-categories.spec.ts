import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ownCategories } from '../../apps/contract/src/intake/intake-settings.js';

const root = join(import.meta.dirname, '../..');

it('a stream of any decider is no inbox of contracts', () => {
  const files = globSync('{apps,libs}/*/src/**/*.ts', { cwd: root }).filter((file) => !/spec[^/]*$/.test(file));
  const texts = files.map((file) => readFileSync(join(root, file), 'utf8'));
  const found = texts.flatMap((text) => [...text.matchAll(/^ {2}category: '(.+)',$/gm)].map((match) => match[1]!));
  const deciders = texts.flatMap((text) => [...text.matchAll(/^export const \w+: Decider</gm)]);
  // Each category is found.
  expect(found).toHaveLength(deciders.length);
  expect([...ownCategories]).toEqual(found.toSorted());
});
