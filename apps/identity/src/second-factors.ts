import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import { Secret, TOTP } from 'otpauth';
import { Not, type Repository } from 'typeorm';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { freshId, stableId } from '#libs/event-sourcing/src/ids.js';
import { SecretBox } from '#libs/secrets/src/secret-box.js';
import { stepOf } from './command-steps.js';
import { SecondFactor } from './credential-tables.js';
import { DisableSecondFactor, EnableSecondFactor, UseRecoveryCode } from './domain/user.decider.js';
import { identityProblem } from './identity.problems.js';
import { hashOfSecret, RepeatableSecrets } from './repeatable-secrets.js';
import { type CurrentUser, Users } from './users.js';

const issuer = 'Keiyaku';
const periodSeconds = 30;
/** Codes of the step before and after are good too: clocks differ, and people type. */
const window = 1;
const recoveryCodeCount = 10;
const unconfirmed = `recovery_codes = '[]'`;

/** Time-based one-time passwords (RFC 6238) and the recovery codes that stand in for them. */
@Injectable()
export class SecondFactors {
  constructor(
    @InjectRepository(SecondFactor, 'identity') private readonly factors: Repository<SecondFactor>,
    private readonly commands: CommandBus,
    private readonly users: Users,
    private readonly box: SecretBox,
    private readonly secrets: RepeatableSecrets,
  ) {}

  /** A new seed, which counts once a code of it was confirmed. @throws ProblemError second_factor_is_on */
  async begin(user: CurrentUser): Promise<{ readonly seed: string; readonly uri: string }> {
    if (user.secondFactor) throw identityProblem('second_factor_is_on');
    const id = freshId();
    const secret = new Secret({ size: 20 });
    const newest = await this.factors.findOne({ where: { userId: user.id }, order: { version: 'DESC' } });
    // A seed that somebody is confirming has its recovery codes, and stays.
    await this.factors
      .createQueryBuilder()
      .delete()
      .where(`user_id = :id and ${unconfirmed}`, { id: user.id })
      .execute();
    await this.factors.insert({
      id,
      userId: user.id,
      version: (newest?.version ?? 0) + 1,
      sealedSeed: this.box.seal(secret.base32, placeOf(id)),
      lastStep: '0',
      recoveryCodes: [],
    });
    return { seed: secret.base32, uri: totp(secret, user.email).toString() };
  }

  /**
   * Answers the recovery codes, a repeated request the same ones: it goes on with the seed that it confirmed before.
   * @throws ProblemError second_factor_is_on, second_factor_not_begun, second_factor_refused
   */
  async confirm(userId: string, code: string, context: CommandContext): Promise<readonly string[]> {
    const codes = this.recoveryCodes(stableId('second-factor', userId), context.commandId);
    // In this order: the same request at the same time may be carried out in between.
    const user = await this.users.find(userId);
    if (await this.users.hasCarriedOut(userId, context.commandId)) return codes;
    if (user?.secondFactor) throw identityProblem('second_factor_is_on');
    const hashes = codes.map(hashOfSecret);
    const begun = await this.factors.find({ where: { userId }, order: { version: 'DESC' } });
    const confirmed = begun.find(({ recoveryCodes }) => recoveryCodes[0] === hashes[0]);
    const factor = confirmed ?? begun.find(({ recoveryCodes }) => recoveryCodes.length === 0);
    if (!user || !factor) throw identityProblem('second_factor_not_begun');
    const taken = confirmed !== undefined || (await this.takeCode(factor, code, hashes));
    // Of the same request at once the other one has taken the code.
    if (!taken && (await this.factors.findOneBy({ id: factor.id }))?.recoveryCodes[0] !== hashes[0]) {
      throw identityProblem('second_factor_refused');
    }
    const { id, version } = factor;
    await this.commands.execute<EnableSecondFactor, Committed>(
      new EnableSecondFactor(userId, { credential: { id, version } }, context),
    );
    await this.factors.delete({ userId, id: Not(id) });
    return codes;
  }

  /** @param code undefined where none was sent */
  async check(
    user: CurrentUser,
    code: string | undefined,
    request: CommandContext,
  ): Promise<'passed' | 'missing' | 'wrong'> {
    if (!user.secondFactor) return 'passed';
    if (code === undefined) return 'missing';
    const { id, version } = user.secondFactor;
    const factor = await this.factors.findOneBy({ id, version });
    if (!factor) return 'wrong';
    if (await this.takeCode(factor, code)) return 'passed';
    const remaining = await this.takeRecoveryCode(factor, code);
    if (remaining === undefined) return 'wrong';
    await this.commands.execute<UseRecoveryCode, Committed>(
      new UseRecoveryCode(user.id, { remaining }, stepOf(request, 'use-recovery-code')),
    );
    return 'passed';
  }

  async disable(userId: string, context: CommandContext): Promise<Committed> {
    const before = await this.users.find(userId);
    const done = await this.commands.execute<DisableSecondFactor, Committed>(
      new DisableSecondFactor(userId, {}, context),
    );
    // A repeated request has found the factor that came after the one that it took away.
    const now = await this.users.find(userId);
    if (before?.secondFactor && before.secondFactor.id !== now?.secondFactor?.id) {
      await this.factors.delete({ ...before.secondFactor });
    }
    return done;
  }

  /**
   * Each time step is taken once, also by two at the same instant.
   * @param recoveryCodes of a seed that the code confirms: a seed is confirmed once
   */
  private async takeCode(factor: SecondFactor, code: string, recoveryCodes?: readonly string[]): Promise<boolean> {
    if (!/^\d{6}$/.test(code)) return false;
    const secret = Secret.fromBase32(this.box.open(factor.sealedSeed, placeOf(factor.id)));
    const timestamp = Date.now();
    const delta = totp(secret, '').validate({ token: code, timestamp, window });
    if (delta === null) return false;
    const step = Math.floor(timestamp / 1000 / periodSeconds) + delta;
    const update = this.factors
      .createQueryBuilder()
      .update()
      .set({ lastStep: String(step), ...(recoveryCodes && { recoveryCodes }) })
      .where('id = :id and last_step < :step', { id: factor.id, step });
    const { affected } = await (recoveryCodes ? update.andWhere(unconfirmed) : update).execute();
    return affected === 1;
  }

  /** Answers how many are left; undefined when the code is none of them any more. */
  private async takeRecoveryCode({ id }: SecondFactor, code: string): Promise<number | undefined> {
    const hash = hashOfSecret(code.trim().toLowerCase());
    const [rows] = await this.factors.query<[{ remaining: number }[], number]>(
      `update second_factors set recovery_codes = recovery_codes - $2::text
       where id = $1 and recovery_codes ? $2::text
       returning jsonb_array_length(recovery_codes) as remaining`,
      [id, hash],
    );
    return rows[0]?.remaining;
  }

  /** Like `4f0c9a-b1d2e3`: 48 bits, and a sign-in locks long before somebody has guessed one. */
  private recoveryCodes(id: string, commandId: string): readonly string[] {
    return Array.from({ length: recoveryCodeCount }, (_, index) => {
      const hex = this.secrets.of(`recovery-code ${id} ${index}`, commandId).toString('hex');
      return `${hex.slice(0, 6)}-${hex.slice(6, 12)}`;
    });
  }
}

function totp(secret: Secret, label: string): TOTP {
  return new TOTP({ issuer, label, secret, algorithm: 'SHA1', digits: 6, period: periodSeconds });
}

function placeOf(id: string): string {
  return `second-factor:${id}`;
}
