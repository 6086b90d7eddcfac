import { randomInt } from 'node:crypto';

/** Letters and digits that nobody takes for another one. */
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789';

/** 24 characters, about 139 bits. */
export function randomPassword(): string {
  return Array.from({ length: 24 }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}
