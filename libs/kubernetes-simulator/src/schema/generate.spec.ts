import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { generateTypes, renderTypes } from './generate.js';

it('the table of types is the one that @kubernetes/client-node gives', async () => {
  const written = await readFile(new URL('./types.generated.ts', import.meta.url), 'utf8');
  const quoted = (text: string) => text.replaceAll(/^ {2}(\w+):\s+'/gm, "  $1: '");
  expect(quoted(written)).toBe(quoted(renderTypes(await generateTypes())));
});
