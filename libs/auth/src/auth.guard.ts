import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { readEnv, url } from '#libs/http/src/env.js';
import type { ApiRequest, Caller } from '#libs/http/src/request.js';
import { AccessRule } from './access.js';
import { accessTokenAlgorithm, accessTokenAudience, accessTokenIssuer, isAccessTokenClaims } from './access-token.js';
import { authProblem } from './auth-problems.js';
import { JwksCache, JwksUnavailable } from './jwks-cache.js';
import { isAllowed } from './permissions.js';
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

/** Global guard: every route names its permission or is public; events of policies pass. */
@Injectable()
export class AccessGuard extends AuthGuard('access-token') implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: AccessTokenStrategy,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const rule = this.reflector.getAllAndOverride(AccessRule, [context.getHandler(), context.getClass()]);
    if (rule && 'public' in rule) return true;
    const request = context.switchToHttp().getRequest<ApiRequest & { user: Caller }>();
    let caller = this.tokens.verifiedBefore(request);
    if (!caller) {
      await super.canActivate(context);
      caller = request.user;
    }
    request.principal = caller;
    if (!rule || !isAllowed(caller.roles, rule.permission)) {
      const needed = rule?.permission ?? 'unknown';
      const detail = `This needs the permission ${needed}, which your role ${caller.role} does not have. Ask an administrator.`;
      throw authProblem('permission_denied', detail, { permission: needed });
    }
    return true;
  }

  override handleRequest<User>(error: unknown, user: User | false, info: unknown): User {
    if (user) return user;
    if (error instanceof Error) throw error;
    if (info instanceof JwksUnavailable)
      throw authProblem('token_keys_unavailable', undefined, {}, { 'Retry-After': '2' });
    const expired = info instanceof Error && info.name === 'TokenExpiredError';
    throw authProblem(
      'unauthenticated',
      expired ? 'The access token has expired. Refresh it or sign in again.' : undefined,
      {},
      { 'WWW-Authenticate': expired ? 'Bearer error="invalid_token", error_description="expired"' : 'Bearer' },
    );
  }
}
