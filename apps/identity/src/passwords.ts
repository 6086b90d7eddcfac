import { randomBytes } from 'node:crypto';
import { argon2id, hash, verify } from 'argon2';
import { compare } from 'bcryptjs';

/** Lowest cost that OWASP recommends for argon2id: 19 MiB and two passes, about 30 ms of one core. */
const parameters = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** What another system may have stored: bcrypt of a cost that is not too much to check here. */
export const bcryptHash = /^\$2[aby]\$(0[4-9]|1[0-2])\$[./A-Za-z0-9]{53}$/;

export function hashPassword(password: string): Promise<string> {
  return hash(password, parameters);
}

/** A hash that is to be replaced by one of ours once the password is known. */
export function isForeignHash(passwordHash: string): boolean {
  return bcryptHash.test(passwordHash);
}

/** Checks passwords with the same work whether there is a user or not, so that time does not tell. */
export class Passwords {
  private constructor(private readonly decoy: string) {}

  static async create(): Promise<Passwords> {
    return new Passwords(await hashPassword(randomBytes(32).toString('base64')));
  }

  async matches(password: string, passwordHash: string | undefined): Promise<boolean> {
    if (passwordHash !== undefined && isForeignHash(passwordHash)) return compare(password, passwordHash);
    const matches = await verify(passwordHash ?? this.decoy, password);
    return matches && passwordHash !== undefined;
  }
}
