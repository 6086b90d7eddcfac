import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { findProgram } from './apt-package.js';

const redis = { title: 'Redis', program: 'redis-server', name: 'redis' };

it('says what to install when there is no such program and nothing may be installed', async () => {
  const path = temporaryFolder();
  await expect(findProgram(redis, undefined, { path, mayInstall: false })).rejects.toThrow(
    'Redis is missing: install it with "sudo apt-get install redis", then try again.',
  );
});

it('installs nothing when the program is on PATH', async () => {
  const path = temporaryFolder();
  const program = join(path, 'redis-server');
  writeFileSync(program, '');
  chmodSync(program, 0o755);
  expect(await findProgram(redis, undefined, { path, mayInstall: true })).toBe(program);
});
