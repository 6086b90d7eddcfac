import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThanOrEqual, type Repository } from 'typeorm';
import { Credential, PendingPassword, PasswordReset, RefreshToken } from './credential-tables.js';
import type { ActiveUser } from './domain/user.js';
import { hashPassword, isForeignHash } from './passwords.js';

/**
 * The hashes of passwords. The log says which one counts: a new one stands in a table of its own until an event names
 * it, so a change that breaks off before its event leaves the old password as it was.
 */
@Injectable()
export class StoredPasswords {
  constructor(
    @InjectRepository(Credential, 'identity') private readonly credentials: Repository<Credential>,
    @InjectRepository(PendingPassword, 'identity') private readonly pendingPasswords: Repository<PendingPassword>,
  ) {}

  /**
   * The hash that counts for the user: the one that the log names, also while it is still pending. What stands in the
   * credential has been named before, by a log that a restored backup may lack the end of. One statement, so that a
   * password on its way to its place is not missed.
   */
  async hashOf({ id: userId, credential: { id, version } }: ActiveUser): Promise<string | undefined> {
    const [row] = await this.credentials.query<{ readonly password_hash: string }[]>(
      `select coalesce(p.password_hash, c.password_hash) as password_hash
       from credentials c left join pending_passwords p on p.user_id = c.user_id and p.id = $2 and p.version = $3
       where c.user_id = $1`,
      [userId, id, version],
    );
    return row?.password_hash;
  }

  /** Counts for nothing until an event names its id and version. */
  async add(row: PendingPassword): Promise<void> {
    await this.pendingPasswords.insert(row);
  }

  /** For a password that no event will name any more. */
  async drop(id: string): Promise<void> {
    await this.pendingPasswords.delete({ id });
  }

  /**
   * The password that the log names takes the place of the one before. What was given out to whoever had that is good
   * for nothing any more: refresh tokens and one-time links. Once for each password.
   */
  async settle({ id: userId, credential: { id, version } }: ActiveUser): Promise<void> {
    if (!(await this.pendingPasswords.existsBy({ id, userId, version }))) return;
    await this.credentials.manager.transaction(async (manager) => {
      const moved = await manager.query<readonly [unknown, number]>(
        `update credentials c set id = p.id, version = p.version, password_hash = p.password_hash, first_sign_in = null
         from pending_passwords p
         where p.id = $2 and p.version = $3 and p.user_id = $1 and c.user_id = $1 and c.id <> p.id`,
        [userId, id, version],
      );
      await manager.delete(PendingPassword, { userId, version: LessThanOrEqual(version) });
      if (moved[1] === 0) return;
      await manager.delete(RefreshToken, { userId });
      await manager.delete(PasswordReset, { userId, usedBy: IsNull() });
    });
  }

  /** A hash that came from another system gives way to one of ours. */
  async upgrade({ id: userId }: ActiveUser, passwordHash: string, password: string): Promise<void> {
    if (!isForeignHash(passwordHash)) return;
    await this.credentials.update({ userId, passwordHash }, { passwordHash: await hashPassword(password) });
  }
}
