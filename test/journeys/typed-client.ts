import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createClient } from '@hey-api/openapi-ts';
import { onTestFinished } from 'vitest';
import { compiled } from '#libs/local-stack/src/files.js';

const run = promisify(execFile);

const tsconfig = {
  compilerOptions: {
    target: 'ES2024',
    lib: ['ES2024', 'DOM', 'DOM.Iterable'],
    module: 'nodenext',
    strict: true,
    skipLibCheck: true,
    noUncheckedIndexedAccess: true,
    types: ['node'],
    outDir: 'out',
    rootDir: '.',
  },
  include: ['.'],
};

/**
 * Generates a client from an OpenAPI document, compiles `typed-client/journey.ts` with it, and runs that.
 * @param document where the document is served
 * @returns what the program wrote
 */
export async function runTypedClient(document: string, env: Readonly<Record<string, string>>): Promise<string> {
  // Below the packages, so that the types of Node are found.
  const folder = mkdtempSync(join(dirname(compiled('typed-client')), 'typed-client-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await createClient({ input: document, output: join(folder, 'client'), logs: { level: 'silent' } });
  copyFileSync(fileURLToPath(new URL('typed-client/journey.ts', import.meta.url)), join(folder, 'journey.ts'));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  const tsc = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
  await run(process.execPath, [tsc, '-p', folder]);
  const { stdout } = await run(process.execPath, [join(folder, 'out/journey.js')], { env });
  return stdout;
}
