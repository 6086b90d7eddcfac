import { pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** Both in base64, as EventStoreDB stores them: its users work here, and ours there. */
export interface PasswordHash {
  readonly salt: string;
  readonly hash: string;
}

const rounds = 1_000;
const saltBytes = 16;
const hashBytes = 20;
const derive = promisify(pbkdf2);

export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(saltBytes);
  const hash = await derive(password, salt, rounds, hashBytes, 'sha1');
  return { salt: salt.toString('base64'), hash: hash.toString('base64') };
}

export async function passwordMatches(password: string, { salt, hash }: PasswordHash): Promise<boolean> {
  const expected = Buffer.from(hash, 'base64');
  const found = await derive(password, Buffer.from(salt, 'base64'), rounds, hashBytes, 'sha1');
  return expected.length === hashBytes && timingSafeEqual(found, expected);
}
