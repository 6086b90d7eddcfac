import { expect, it } from 'vitest';
import { terraformSettings } from './terraform-settings.js';

it('gives a cluster half an hour, built by the terraform on the path', () => {
  expect(terraformSettings({})).toEqual({ program: 'terraform', dir: '', patienceMs: 1_800_000 });
});

it('can be told otherwise', () => {
  const env = { TERRAFORM_BIN: '/opt/terraform', TERRAFORM_DIR: '/var/lib/terraform', TERRAFORM_SECONDS: '60' };
  expect(terraformSettings(env)).toEqual({ program: '/opt/terraform', dir: '/var/lib/terraform', patienceMs: 60_000 });
});

it.each(['0', '86401', 'long'])('refuses %s seconds', (seconds) => {
  expect(() => terraformSettings({ TERRAFORM_SECONDS: seconds })).toThrow('TERRAFORM_SECONDS');
});
