import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { readEnv, url } from '#libs/http/src/env.js';
import type { Caller } from '#libs/http/src/request.js';
import { accessTokenAlgorithm, accessTokenAudience, accessTokenIssuer, isAccessTokenClaims } from './access-token.js';
import { JwksCache } from './jwks-cache.js';
import { VerifiedTokens } from './verified-tokens.js';

const clockToleranceSeconds = 5;

/** Checks access tokens against the published keys of identity. */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, 'access-token') {
  private readonly verified: VerifiedTokens;

  constructor() {
    const keys = new JwksCache(jwksUrl());
    super({
      jwtFromRequest: bearerToken,
      passReqToCallback: true,
      issuer: accessTokenIssuer,
      audience: accessTokenAudience,
      algorithms: [accessTokenAlgorithm],
      jsonWebTokenOptions: { clockTolerance: clockToleranceSeconds },
      secretOrKeyProvider: (_request: unknown, token: string, done: (error: unknown, key?: string) => void) => {
        signingKey(keys, token).then(
          (key) => done(null, key),
          (error: unknown) => done(error),
        );
      },
    });
    this.verified = new VerifiedTokens((kid) => keys.known(kid));
  }

  /** The caller of a token that was checked before. Passport itself costs a request more than its answer may take. */
  verifiedBefore(request: Pick<PassportRequest, 'headers'>): Caller | undefined {
    const token = bearerToken(request);
    return token === null ? undefined : this.verified.find(token);
  }

  validate(request: PassportRequest, payload: unknown): Caller | false {
    if (!isAccessTokenClaims(payload)) return false;
    const { sub, name, roles, sid } = payload;
    const caller = { id: sub, name, roles, role: roles[0] ?? '', ...(sid !== undefined && { sessionId: sid }) };
    const token = bearerToken(request);
    const kid = token === null ? undefined : keyId(token);
    const { exp } = payload as { exp?: unknown };
    if (token !== null && kid !== undefined && typeof exp === 'number') this.verified.add(token, kid, exp, caller);
    return caller;
  }
}

/** Passport is typed for Express; it only reads headers here. */
type PassportRequest = Parameters<Strategy['authenticate']>[0];

const bearerToken: (request: Pick<PassportRequest, 'headers'>) => string | null =
  ExtractJwt.fromAuthHeaderAsBearerToken();

function jwksUrl(): string {
  const example = 'http://127.0.0.1:3000';
  if (process.env['JWKS_URL']) return readEnv({ JWKS_URL: url() }).JWKS_URL;
  return `${readEnv({ PUBLIC_URL: url({ example }) }).PUBLIC_URL}/api/auth/.well-known/jwks.json`;
}

async function signingKey(keys: JwksCache, token: string): Promise<string> {
  const kid = keyId(token);
  const key = kid === undefined ? undefined : await keys.find(kid);
  if (key === undefined) throw new Error('unknown signing key');
  return key;
}

/** Throws a SyntaxError when the token's header is not JSON. */
function keyId(token: string): string | undefined {
  const header: unknown = JSON.parse(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString());
  const kid = (header as { kid?: unknown } | null)?.kid;
  return typeof kid === 'string' ? kid : undefined;
}
