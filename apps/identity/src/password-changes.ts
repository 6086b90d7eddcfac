import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { CommandRefused, RevisionMismatch } from '#libs/event-sourcing/src/errors.js';
import { freshId, stableId } from '#libs/event-sourcing/src/ids.js';
import { stepOf, withoutSecret } from './command-steps.js';
import { PasswordReset } from './credential-tables.js';
import type { ActiveUser } from './domain/user.js';
import { ChangePassword, RequestPasswordReset } from './domain/user.decider.js';
import { identityProblem } from './identity.problems.js';
import { MailHash } from './mail-hash.js';
import { hashPassword, Passwords } from './passwords.js';
import { hashOfSecret, RepeatableSecrets } from './repeatable-secrets.js';
import { RefusedAccesses } from './refused-accesses.js';
import { SignInGuard } from './sign-in-guard.js';
import { StoredPasswords } from './stored-passwords.js';
import { Users } from './users.js';

const linkMs = 24 * 3_600_000;

export interface ResetLink extends Committed {
  readonly token: string;
  readonly expiresAt: Date;
}

/** New passwords: for whoever knows the old one, and for whoever holds a one-time link. */
@Injectable()
export class PasswordChanges {
  constructor(
    @InjectRepository(PasswordReset, 'identity') private readonly resets: Repository<PasswordReset>,
    private readonly commands: CommandBus,
    private readonly guard: SignInGuard,
    private readonly mailHash: MailHash,
    private readonly stored: StoredPasswords,
    private readonly passwords: Passwords,
    private readonly refused: RefusedAccesses,
    private readonly secrets: RepeatableSecrets,
    private readonly users: Users,
  ) {}

  /**
   * All sessions end; the caller starts a new one.
   * @throws ProblemError current_password_wrong, sign_in_locked, CommandRefused password_changed_meanwhile
   */
  async change(userId: string, current: string, next: string, request: CommandContext): Promise<void> {
    const context = withoutSecret(request, { change: userId });
    const user = await this.users.find(userId);
    if (!user) throw identityProblem('current_password_wrong');
    if (!(await this.users.hasCarriedOut(userId, context.commandId))) {
      const passwordHash = await this.stored.hashOf(user);
      const outcome = await this.guard.attempt(this.mailHash.of(user.email), request, async () => {
        // The same request at the same moment may have made the current password the one before.
        const isRight =
          (await this.passwords.matches(current, passwordHash)) ||
          (await this.users.hasCarriedOut(userId, context.commandId));
        return isRight ? { ok: true, user, result: 'right' } : { ok: false, userId, reason: 'wrong_credentials' };
      });
      if (outcome !== 'right') throw identityProblem('current_password_wrong');
    }
    await this.replace(user, next, 'changed', context);
  }

  /** Makes a one-time link; the ones before are good for nothing. @throws CommandRefused user_not_found, user_deleted */
  async makeLink(userId: string, context: CommandContext): Promise<ResetLink> {
    const resetId = stableId('password-reset', userId, context.commandId);
    const token = this.secrets.of(`password-reset ${userId}`, context.commandId).toString('base64url');
    const expiresAt = new Date(Date.parse(context.occurredAt) + linkMs);
    const row: PasswordReset = { id: resetId, userId, tokenHash: hashOfSecret(token), expiresAt, usedBy: null };
    await this.resets.createQueryBuilder().insert().values(row).orIgnore().execute();
    const done = await this.commands.execute<RequestPasswordReset, Committed>(
      new RequestPasswordReset(userId, { resetId, expiresAt: expiresAt.toISOString() }, context),
    );
    const stored = await this.resets.findOneByOrFail({ id: resetId });
    await this.resets
      .createQueryBuilder()
      .delete()
      .where('user_id = :userId and id <> :resetId and expires_at <= :expiresAt', {
        userId,
        resetId,
        expiresAt: stored.expiresAt,
      })
      .execute();
    return { ...done, token, expiresAt: stored.expiresAt };
  }

  /** @throws ProblemError reset_link_invalid, CommandRefused password_changed_meanwhile */
  async reset(token: string, next: string, request: CommandContext): Promise<Committed> {
    const tokenHash = hashOfSecret(token);
    const link = await this.resets.findOneBy({ tokenHash });
    const user = link && (await this.users.find(link.userId));
    // A link that is older than the password goes with the one before, should that not have been done yet.
    if (user) await this.stored.settle(user);
    // A link that a request has claimed stays for its repetition, also where the request was refused.
    const isOutdated = user && (await this.users.hasNewerPassword(user.id, link.id, request.commandId));
    if (!user || isOutdated || !(await this.claim(link.id, request.commandId))) {
      const reason = !user ? 'unknown' : link.expiresAt <= new Date() ? 'expired' : 'used';
      const whose = { clientId: null, userId: user?.id ?? null };
      await this.refused.record({ means: 'password_link', ...whose, reason }, request);
      throw identityProblem('reset_link_invalid');
    }
    const actor = { ...request.actor, id: user.id, role: user.role };
    const context = withoutSecret({ ...request, actor }, { reset: link.id });
    const done = await this.replace(user, next, 'reset', context);
    // Whoever forgot the password has tried it before.
    await this.guard.lift(this.mailHash.of(user.email), user.id, stepOf(context, 'lift-lock'));
    return done;
  }

  /** Whether the link is this command's, for good. */
  private async claim(id: string, commandId: string): Promise<boolean> {
    const { affected } = await this.resets
      .createQueryBuilder()
      .update()
      .set({ usedBy: commandId })
      .where('id = :id and expires_at > now() and (used_by is null or used_by = :commandId)', { id, commandId })
      .execute();
    return affected === 1;
  }

  /**
   * The hash stands before the event that names it, and counts from that event on. Whoever changes the password that
   * the log names first wins. A repeated request does what is left to do.
   */
  private async replace(
    user: ActiveUser,
    next: string,
    how: 'changed' | 'reset',
    context: CommandContext,
  ): Promise<Committed> {
    const userId = user.id;
    const credential = { id: freshId(), version: user.credential.version + 1 };
    if (!(await this.users.hasCarriedOut(userId, context.commandId))) {
      await this.stored.add({ ...credential, userId, passwordHash: await hashPassword(next) });
    }
    const command = new ChangePassword(userId, { credential, how }, context);
    let done: Committed;
    try {
      done = await this.commands.execute<ChangePassword, Committed>(command);
    } catch (error) {
      const isRefused = error instanceof CommandRefused || error instanceof RevisionMismatch;
      if (isRefused) await this.stored.drop(credential.id);
      throw error;
    }
    const now = await this.users.find(userId);
    if (now) await this.stored.settle(now);
    // The same request at the same moment was first with its own.
    const isPassed = now && now.credential.version >= credential.version && now.credential.id !== credential.id;
    if (isPassed) await this.stored.drop(credential.id);
    return done;
  }
}
