import { expect, it } from 'vitest';
import { hashPassword, Passwords, randomPassword } from './passwords.js';

it('makes passwords that people can read to each other', () => {
  const made = Array.from({ length: 200 }, randomPassword);
  for (const password of made) expect(password).toMatch(/^[A-HJ-NP-Za-km-np-z2-9]{24}$/);
  expect(new Set(made).size).toBe(made.length);
});

it('stores argon2id at the cost that OWASP recommends, salted', async () => {
  const [first, second] = await Promise.all([hashPassword('a'), hashPassword('a')]);
  expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,(p=1,t=2|t=2,p=1)\$/);
  expect(first).not.toBe(second);
});

it('tells the right password from every other one', async () => {
  const passwords = await Passwords.create();
  const stored = await hashPassword('right\0😀');
  expect(await passwords.matches('right\0😀', stored)).toBe(true);
  expect(await passwords.matches('right', stored)).toBe(false);
  expect(await passwords.matches('', stored)).toBe(false);
  expect(await passwords.matches('right', undefined)).toBe(false);
});
