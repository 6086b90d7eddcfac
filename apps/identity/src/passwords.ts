import { randomBytes } from 'node:crypto';
import { argon2id, hash, verify } from 'argon2';

/** Lowest cost that OWASP recommends for argon2id: 19 MiB and two passes, about 30 ms of one core. */
const parameters = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export function hashPassword(password: string): Promise<string> {
  return hash(password, parameters);
}

/** Checks passwords with the same work whether there is a user or not, so that time does not tell. */
export class Passwords {
  private constructor(private readonly decoy: string) {}

  static async create(): Promise<Passwords> {
    return new Passwords(await hashPassword(randomBytes(32).toString('base64')));
  }

  async matches(password: string, passwordHash: string | undefined): Promise<boolean> {
    const matches = await verify(passwordHash ?? this.decoy, password);
    return matches && passwordHash !== undefined;
  }
}
