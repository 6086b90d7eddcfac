import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { streamCategories } from '#libs/events/src/stream-categories.js';

const root = join(import.meta.dirname, '../..');

it('the streams of every decider are known by what their names begin with', () => {
  const files = globSync('{apps,libs}/*/src/**/*.ts', { cwd: root }).filter((file) => !/spec[^/]*$/.test(file));
  const texts = files.map((file) => readFileSync(join(root, file), 'utf8'));
  const found = texts.flatMap((text) => [...text.matchAll(/^ {2}category: '(.+)',$/gm)].map((match) => match[1]!));
  const deciders = texts.flatMap((text) => [...text.matchAll(/^export const \w+: Decider</gm)]);
  // Each category is found.
  expect(found).toHaveLength(deciders.length);
  expect([...streamCategories]).toEqual(found.toSorted());
});
