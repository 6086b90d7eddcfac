import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import type { ApiRequest, Caller } from '#libs/http/src/request.js';
import {
  type AccessTokenClaims,
  accessTokenAlgorithm,
  accessTokenAudience,
  accessTokenIssuer,
  isAccessTokenClaims,
} from './access-token.js';
import { tokenRevoked } from './auth-problems.js';
import { jwksUrl } from './issuer-urls.js';
import { JwksCache } from './jwks-cache.js';
import { concerns } from './revocation.js';
import { Revocations } from './revocations.js';
import { VerifiedTokens } from './verified-tokens.js';

const clockToleranceSeconds = 5;

/** Checks access tokens against the published keys of identity. */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, 'access-token') {
  private readonly verified: VerifiedTokens;

  constructor(private readonly revocations: Revocations) {
    const keys = new JwksCache(jwksUrl());
    super({
      jwtFromRequest: bearerToken,
      passReqToCallback: true,
      issuer: accessTokenIssuer,
      audience: accessTokenAudience,
      algorithms: [accessTokenAlgorithm],
      jsonWebTokenOptions: { clockTolerance: clockToleranceSeconds },
      secretOrKeyProvider: (_request: unknown, token: string, done: (error: unknown, key?: string) => void) => {
        signingKey(keys, revocations, token).then(
          (key) => done(null, key),
          (error: unknown) => done(error),
        );
      },
    });
    this.verified = new VerifiedTokens((kid) => keys.known(kid));
    revocations.onRevoked((revocation) => this.verified.forget((caller) => concerns(revocation, caller)));
  }

  /** The caller of a token that was checked before. Passport itself costs a request more than its answer may take. */
  verifiedBefore(request: TokenRequest): Caller | undefined {
    const token = bearerToken(request);
    return token === null ? undefined : this.verified.find(token);
  }

  validate(request: PassportRequest, payload: unknown): Caller | false {
    const exp = expiryOf(payload);
    if (!isAccessTokenClaims(payload) || exp === undefined) return false;
    const caller: Caller = { ...callerOf(payload), expiresAt: exp * 1000 };
    if (this.revocations.covers(caller)) throw tokenRevoked();
    const token = bearerToken(request);
    const kid = token === null ? undefined : keyId(token);
    if (token !== null && kid !== undefined) this.verified.add(token, kid, exp, caller);
    return caller;
  }
}

/** Passport is typed for Express; it only reads headers here. */
type PassportRequest = Parameters<Strategy['authenticate']>[0];
type TokenRequest = Pick<PassportRequest, 'headers'> & Pick<ApiRequest, 'exchangedToken'>;

const fromHeader = ExtractJwt.fromAuthHeaderAsBearerToken();

/** The token of the header, or the one that the key in the header was exchanged for. */
function bearerToken(request: TokenRequest): string | null {
  return request.exchangedToken ?? fromHeader(request as PassportRequest);
}

function callerOf({ sub, name, roles, sid, urev, key, scopes }: AccessTokenClaims): Caller {
  return {
    id: sub,
    name,
    roles,
    role: roles[0] ?? '',
    ...(sid !== undefined && { sessionId: sid }),
    ...(urev !== undefined && { userRevision: urev }),
    ...(key !== undefined && { apiKeyId: key }),
    ...(scopes !== undefined && { scopes }),
  };
}

/** Seconds since 1970. */
function expiryOf(payload: unknown): number | undefined {
  const { exp } = (payload ?? {}) as { exp?: unknown };
  return typeof exp === 'number' ? exp : undefined;
}

/** Before a signature is checked it is known what was revoked. */
async function signingKey(keys: JwksCache, revocations: Revocations, token: string): Promise<string> {
  await revocations.known();
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
