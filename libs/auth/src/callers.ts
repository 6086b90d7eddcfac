/** Who sends a request: what its access token says, once the token is checked. */
import { Injectable, Logger } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyReply } from 'fastify';
import { ProblemError } from '#libs/http/src/problem.js';
import type { ApiRequest, Caller } from '#libs/http/src/request.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { type ApiKeyParts, parseApiKey } from './api-key.js';
import { ApiKeysUnavailable, ApiKeyTokens } from './api-key-tokens.js';
import { watchAccess } from './access-watch.js';
import { authProblem } from './auth-problems.js';
import { JwksUnavailable } from './jwks-cache.js';
import { Revocations, RevocationsUnavailable } from './revocations.js';

@Injectable()
export class Callers extends AuthGuard('access-token') {
  private readonly log = new Logger('callers');

  constructor(
    private readonly tokens: AccessTokenStrategy,
    private readonly apiKeys: ApiKeyTokens,
    private readonly revocations: Revocations,
  ) {
    super();
  }

  /** Throws a 401 problem that says why the token does not hold, or a 503 problem when it can't be checked. */
  async of(request: ApiRequest, reply: FastifyReply): Promise<Caller> {
    const key = apiKeyOf(request);
    if (key && request.exchangedToken === undefined) request.exchangedToken = await this.exchanged(key);
    const before = this.tokens.verifiedBefore(request);
    if (before) return before;
    await super.canActivate(new ExecutionContextHost([request, reply]));
    return (request as ApiRequest & { user: Caller }).user;
  }

  /** Undefined for anybody whose token does not hold, `unchecked` while nobody can tell: `of` says why. */
  async known(request: ApiRequest, reply: FastifyReply): Promise<Caller | 'unchecked' | undefined> {
    if (request.headers.authorization === undefined) return undefined;
    try {
      return await this.of(request, reply);
    } catch (error) {
      if (error instanceof ProblemError) return error.status === 503 ? 'unchecked' : undefined;
      throw error;
    }
  }

  /** Whether the request shows a token or key that was found good and needs no check. */
  async checkedBefore(request: ApiRequest): Promise<boolean> {
    const key = apiKeyOf(request);
    if (!key) return this.tokens.verifiedBefore(request) !== undefined;
    const exchangedToken = await this.apiKeys.heldFor(key);
    if (exchangedToken === undefined) return false;
    return this.tokens.verifiedBefore({ headers: request.headers, exchangedToken }) !== undefined;
  }

  /** Calls `ended` as soon as the caller's token is revoked or expires, unless the function it answers is called first. */
  watch(caller: Caller, ended: () => void): () => void {
    return watchAccess(this.revocations, caller, ended);
  }

  /** A key stands for the access token that identity gives for it. */
  private async exchanged(key: ApiKeyParts): Promise<string> {
    try {
      const token = await this.apiKeys.tokenFor(key);
      if (token !== undefined) return token;
    } catch (error) {
      if (!(error instanceof ApiKeysUnavailable)) throw error;
      throw authProblem('token_keys_unavailable', undefined, {}, { 'Retry-After': '2' });
    }
    const detail = 'This key is unknown, was revoked or has expired. Ask an administrator for a new one.';
    throw authProblem('unauthenticated', detail, {}, { 'WWW-Authenticate': 'Bearer error="invalid_token"' });
  }

  override handleRequest<User>(error: unknown, user: User | false, info: unknown): User {
    if (user) return user;
    if (error instanceof Error) throw error;
    if (info instanceof JwksUnavailable || info instanceof RevocationsUnavailable) {
      this.log.warn({ err: info }, "Access tokens can't be checked");
      throw authProblem('token_keys_unavailable', undefined, {}, { 'Retry-After': '2' });
    }
    const expired = info instanceof Error && info.name === 'TokenExpiredError';
    throw authProblem(
      'unauthenticated',
      expired ? 'The access token has expired. Refresh it or sign in again.' : undefined,
      {},
      { 'WWW-Authenticate': expired ? 'Bearer error="invalid_token", error_description="expired"' : 'Bearer' },
    );
  }
}

function apiKeyOf({ headers: { authorization } }: ApiRequest): ApiKeyParts | undefined {
  return authorization?.startsWith('Bearer kyk_') ? parseApiKey(authorization.slice('Bearer '.length)) : undefined;
}
