import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, MoreThan, type Repository } from 'typeorm';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { stepOf, withoutSecret } from './command-steps.js';
import { Credential, PasswordReset, RefreshToken } from './credential-tables.js';
import { ChangePassword, RequestPasswordReset } from './domain/user.decider.js';
import { identityProblem } from './identity.problems.js';
import { hashPassword, Passwords } from './passwords.js';
import { hashOfSecret, RepeatableSecrets } from './repeatable-secrets.js';
import { SignInGuard } from './sign-in-guard.js';
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
    @InjectRepository(Credential, 'identity') private readonly credentials: Repository<Credential>,
    @InjectRepository(PasswordReset, 'identity') private readonly resets: Repository<PasswordReset>,
    @InjectRepository(RefreshToken, 'identity') private readonly refreshTokens: Repository<RefreshToken>,
    private readonly commands: CommandBus,
    private readonly guard: SignInGuard,
    private readonly passwords: Passwords,
    private readonly secrets: RepeatableSecrets,
    private readonly users: Users,
  ) {}

  /**
   * All sessions end; the caller starts a new one.
   * @throws ProblemError current_password_wrong, sign_in_locked, password_changed_meanwhile
   */
  async change(userId: string, current: string, next: string, request: CommandContext): Promise<void> {
    const context = withoutSecret(request, { change: userId });
    if (await this.users.hasCarriedOut(userId, context.commandId)) return;
    const credential = await this.credentials.findOneBy({ userId });
    if (!credential) throw identityProblem('current_password_wrong');
    const outcome = await this.guard.attempt(credential.mailHash, request, async () =>
      (await this.passwords.matches(current, credential.passwordHash))
        ? { ok: true, userId, result: 'right' }
        : { ok: false, userId, reason: 'wrong_credentials' },
    );
    if (outcome !== 'right') throw identityProblem('current_password_wrong');
    await this.replace(credential, next, 'changed', context);
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

  /** @throws ProblemError reset_link_invalid, password_changed_meanwhile */
  async reset(token: string, next: string, request: CommandContext): Promise<Committed> {
    const tokenHash = hashOfSecret(token);
    const { affected } = await this.resets
      .createQueryBuilder()
      .update()
      .set({ usedBy: request.commandId })
      .where('token_hash = :tokenHash and expires_at > now()', { tokenHash })
      .andWhere('(used_by is null or used_by = :commandId)', { commandId: request.commandId })
      .execute();
    const link = affected === 1 ? await this.resets.findOneBy({ tokenHash, expiresAt: MoreThan(new Date()) }) : null;
    const user = link && (await this.users.find(link.userId));
    const credential = user && (await this.credentials.findOneBy({ userId: user.id }));
    if (!user || !credential) throw identityProblem('reset_link_invalid');
    const actor = { ...request.actor, id: user.id, role: user.role };
    const context = withoutSecret({ ...request, actor }, { reset: link.id });
    if (await this.users.hasCarriedOut(user.id, context.commandId)) {
      return this.announce(credential, credential.version, 'reset', context);
    }
    const done = await this.replace(credential, next, 'reset', context);
    // Whoever forgot the password has tried it before.
    await this.guard.lift(credential.mailHash, user.id, stepOf(context, 'lift-lock'));
    return done;
  }

  /** Whoever changes the password of this credential first wins; the hash stands before the event that names it. */
  private async replace(
    credential: Credential,
    next: string,
    how: 'changed' | 'reset',
    context: CommandContext,
  ): Promise<Committed> {
    const { id, userId, version } = credential;
    const passwordHash = await hashPassword(next);
    const { affected } = await this.credentials.update({ id, version }, { passwordHash, version: version + 1 });
    if (affected !== 1) throw identityProblem('password_changed_meanwhile');
    await this.refreshTokens.delete({ userId });
    await this.resets.delete({ userId, usedBy: IsNull() });
    return this.announce(credential, version + 1, how, context);
  }

  private async announce(
    { id, userId }: Credential,
    version: number,
    how: 'changed' | 'reset',
    context: CommandContext,
  ): Promise<Committed> {
    return this.commands.execute(new ChangePassword(userId, { credential: { id, version }, how }, context));
  }
}
