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

/** Refusals take at least this long, in milliseconds. */
export const leastRefusalMs = 250;
/** However long a check took, on a machine that was held up: no refusal waits longer than this. */
const mostRefusalMs = 2_000;

/**
 * Checks passwords with the same work whether there is a user or not, so that time does not tell. A hash from another
 * system takes longer to check than ours, so every refusal takes as long as the slowest of those did.
 */
export class Passwords {
  private refusalMs = leastRefusalMs;

  private constructor(private readonly decoy: string) {}

  static async create(): Promise<Passwords> {
    return new Passwords(await hashPassword(randomBytes(32).toString('base64')));
  }

  async matches(password: string, passwordHash: string | undefined): Promise<boolean> {
    if (passwordHash !== undefined && isForeignHash(passwordHash)) return this.matchesForeign(password, passwordHash);
    const matches = await verify(passwordHash ?? this.decoy, password);
    return matches && passwordHash !== undefined;
  }
  /** How long a refusal is still to be held back. @param workedMs what it took until now */
  restOfRefusalMs(workedMs: number): number {
    return Math.max(0, this.refusalMs - workedMs);
  }

  /** A check of an attempt took so long. There is more to an attempt than that, hence half as much again. */
  tookForeignMs(checkMs: number): void {
    this.refusalMs = Math.min(mostRefusalMs, Math.max(this.refusalMs, checkMs * 1.5));
  }

  private async matchesForeign(password: string, passwordHash: string): Promise<boolean> {
    const started = performance.now();
    const matches = await compare(password, passwordHash);
    this.tookForeignMs(performance.now() - started);
    return matches;
  }
}
