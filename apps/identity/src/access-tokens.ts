import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import {
  type AccessTokenClaims,
  accessTokenAlgorithm,
  accessTokenAudience,
  accessTokenIssuer,
  accessTokenLifetimeSeconds,
} from '#libs/auth/src/access-token.js';
import { SigningKeys } from './signing-keys.js';

@Injectable()
export class AccessTokens {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: SigningKeys,
  ) {}

  /** @param lifetimeSeconds shorter where what the token was given for ends sooner */
  async issue(
    { sub, ...claims }: AccessTokenClaims,
    lifetimeSeconds = accessTokenLifetimeSeconds,
  ): Promise<{ token: string; expiresIn: number }> {
    const expiresIn = Math.min(lifetimeSeconds, accessTokenLifetimeSeconds);
    const { kid, key } = this.keys.current;
    const token = await this.jwt.signAsync(claims, {
      privateKey: key,
      algorithm: accessTokenAlgorithm,
      keyid: kid,
      issuer: accessTokenIssuer,
      audience: accessTokenAudience,
      subject: sub,
      expiresIn,
    });
    return { token, expiresIn };
  }
}
