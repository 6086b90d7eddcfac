import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { SealBroken, SecretBox } from './secret-box.js';

const box = SecretBox.fromKey(randomBytes(32));

it('opens what it sealed', () => {
  expect(box.open(box.seal('whsec_秘密', 'credential:1'), 'credential:1')).toBe('whsec_秘密');
  expect(box.open(box.seal('', 'credential:1'), 'credential:1')).toBe('');
});

it('never seals alike and shows nothing of the secret', () => {
  const [first, second] = [box.seal('whsec_abc', 'credential:1'), box.seal('whsec_abc', 'credential:1')];
  expect(first).not.toBe(second);
  expect(Buffer.from(first.slice(3), 'base64url').toString('latin1')).not.toContain('abc');
});

it.each<[string, (sealed: string) => string]>([
  ['in another place', () => box.open(box.seal('s', 'credential:1'), 'credential:2')],
  ['under another key', (sealed) => SecretBox.fromKey(randomBytes(32)).open(sealed, 'credential:1')],
  ['when one bit was changed', (sealed) => box.open(flipped(sealed), 'credential:1')],
  ['when it was cut', (sealed) => box.open(sealed.slice(0, 20), 'credential:1')],
  ['when it is no seal', () => box.open('whsec_abc', 'credential:1')],
])('refuses %s, without telling the secret', (_name, open) => {
  const attempt = () => open(box.seal('whsec_abc', 'credential:1'));
  expect(attempt).toThrow(SealBroken);
  expect(attempt).not.toThrow(/whsec_abc/);
});

function flipped(sealed: string): string {
  const bytes = Buffer.from(sealed.slice(3), 'base64url');
  bytes[bytes.length - 1]! ^= 1;
  return `v1.${bytes.toString('base64url')}`;
}
