import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { gitOpsSettings } from './gitops-settings.js';

it.each([{}, { PROVISIONING_OUTPUT: 'apply', GITOPS_DIR: '/nowhere' }])('is off with %j', (env) => {
  expect(gitOpsSettings(env)).toBeUndefined();
});

it('needs a folder', () => {
  const dir = temporaryFolder();
  const env = { PROVISIONING_OUTPUT: 'gitops', GITOPS_DIR: dir };
  expect(gitOpsSettings(env)).toEqual({ dir, push: false, syncMs: 600_000 });
  expect(gitOpsSettings({ ...env, GITOPS_PUSH: 'true', GITOPS_SYNC_SECONDS: '9' })).toEqual({
    dir,
    push: true,
    syncMs: 9_000,
  });
  expect(() => gitOpsSettings({ PROVISIONING_OUTPUT: 'gitops' })).toThrow(
    'GITOPS_DIR is not set. Set it to the folder that manifests are written to.',
  );
});

it('says what is wrong with the settings', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const on = { PROVISIONING_OUTPUT: 'gitops' };
  expect(() => gitOpsSettings({ PROVISIONING_OUTPUT: 'flux' })).toThrow('Set it to one of apply, gitops.');
  expect(() => gitOpsSettings({ ...on, GITOPS_DIR: '/nowhere/at/all' })).toThrow('GITOPS_DIR is not usable (ENOENT).');
  expect(() => gitOpsSettings({ ...on, GITOPS_DIR: file })).toThrow('GITOPS_DIR is not usable (ENOTDIR).');
  expect(() => gitOpsSettings({ ...on, GITOPS_DIR: file, GITOPS_PUSH: 'yes' })).toThrow('one of true, false');
});
