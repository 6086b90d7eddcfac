import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { PolicyContext } from '#libs/event-sourcing/src/policy.js';
import { Credential, PendingPassword, PasswordReset, RefreshToken, SecondFactor } from './credential-tables.js';
import { SignInMails } from './sign-in-mails.js';

/** What somebody signs in and stays signed in with. */
@Injectable()
export class SignInSecrets {
  constructor(
    @InjectRepository(Credential, 'identity') private readonly credentials: Repository<Credential>,
    @InjectRepository(PendingPassword, 'identity') private readonly pendingPasswords: Repository<PendingPassword>,
    @InjectRepository(RefreshToken, 'identity') private readonly refreshTokens: Repository<RefreshToken>,
    @InjectRepository(PasswordReset, 'identity') private readonly passwordResets: Repository<PasswordReset>,
    @InjectRepository(SecondFactor, 'identity') private readonly secondFactors: Repository<SecondFactor>,
    private readonly mails: SignInMails,
  ) {}

  /** The mail address is free for somebody else afterwards. */
  async removeAllOf(userId: string, policy: PolicyContext): Promise<void> {
    const credential = await this.credentials.findOneBy({ userId });
    if (credential) await this.mails.giveUp(credential.mailHash, userId, policy);
    await this.credentials.delete({ userId });
    await this.pendingPasswords.delete({ userId });
    await this.refreshTokens.delete({ userId });
    await this.passwordResets.delete({ userId });
    await this.secondFactors.delete({ userId });
  }
}
