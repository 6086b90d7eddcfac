import { hash as bcrypt } from 'bcryptjs';
import { expect, it } from 'vitest';
import { hashPassword, isForeignHash, leastRefusalMs, Passwords } from './passwords.js';

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

it('knows the bcrypt hashes of other systems, up to a cost that can be borne', async () => {
  const passwords = await Passwords.create();
  const stored = await bcrypt('right', 4);
  expect(isForeignHash(stored)).toBe(true);
  expect(await passwords.matches('right', stored)).toBe(true);
  expect(await passwords.matches('wrong', stored)).toBe(false);
  expect(isForeignHash(await hashPassword('right'))).toBe(false);
  expect(isForeignHash(stored.replace('$04$', '$14$'))).toBe(false);
});

it('lets every refusal take as long as the slowest hash of another system, within bounds', async () => {
  const passwords = await Passwords.create();
  const refusal = (workedMs: number) => workedMs + passwords.restOfRefusalMs(workedMs);
  const alike = () => new Set([0, 5, 40, 200].map(refusal));
  expect(alike()).toEqual(new Set([leastRefusalMs]));
  passwords.tookForeignMs(400);
  expect(alike()).toEqual(new Set([refusal(600)]));
  passwords.tookForeignMs(10);
  expect(alike()).toEqual(new Set([refusal(600)]));
  passwords.tookForeignMs(60_000);
  expect([refusal(0), refusal(3_000)]).toEqual([2_000, 3_000]);
});
