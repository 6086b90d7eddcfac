import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { MailHash } from './mail-hash.js';

const key = randomBytes(32);
const hash = new MailHash(key);

it('is the same for every way to write a mail', () => {
  const expected = hash.of('sato@example.com');
  for (const written of ['SATO@Example.com', ' sato@example.com ', 'ｓａｔｏ＠example.com']) {
    expect(hash.of(written)).toBe(expected);
  }
  expect(hash.of('sato2@example.com')).not.toBe(expected);
});

it('says nothing without the key', () => {
  expect(new MailHash(key).of('a@b.c')).toBe(hash.of('a@b.c'));
  expect(new MailHash(randomBytes(32)).of('a@b.c')).not.toBe(hash.of('a@b.c'));
});
