import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Credential, RefreshToken } from './credential-tables.js';

/** What somebody signs in and stays signed in with. */
@Injectable()
export class SignInSecrets {
  constructor(
    @InjectRepository(Credential, 'identity') private readonly credentials: Repository<Credential>,
    @InjectRepository(RefreshToken, 'identity') private readonly refreshTokens: Repository<RefreshToken>,
  ) {}

  async removeAllOf(userId: string): Promise<void> {
    await this.credentials.delete({ userId });
    await this.refreshTokens.delete({ userId });
  }
}
