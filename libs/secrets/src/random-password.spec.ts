import { expect, it } from 'vitest';
import { randomPassword } from './random-password.js';

it('makes passwords that people can read to each other', () => {
  const made = Array.from({ length: 200 }, randomPassword);
  for (const password of made) expect(password).toMatch(/^[A-HJ-NP-Za-km-np-z2-9]{24}$/);
  expect(new Set(made).size).toBe(made.length);
});
