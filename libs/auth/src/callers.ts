/** Who sends a request: what its access token says, once the token is checked. */
import { Injectable } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyReply } from 'fastify';
import { ProblemError } from '#libs/http/src/problem.js';
import type { ApiRequest, Caller } from '#libs/http/src/request.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { authProblem } from './auth-problems.js';
import { JwksUnavailable } from './jwks-cache.js';

@Injectable()
export class Callers extends AuthGuard('access-token') {
  constructor(private readonly tokens: AccessTokenStrategy) {
    super();
  }

  /** Throws a 401 problem that says why the token does not hold, or a 503 problem when it can't be checked. */
  async of(request: ApiRequest, reply: FastifyReply): Promise<Caller> {
    const before = this.tokens.verifiedBefore(request);
    if (before) return before;
    await super.canActivate(new ExecutionContextHost([request, reply]));
    return (request as ApiRequest & { user: Caller }).user;
  }

  /** Undefined for anybody whose token does not hold or can't be checked: `of` tells why. */
  async known(request: ApiRequest, reply: FastifyReply): Promise<Caller | undefined> {
    if (request.headers.authorization === undefined) return undefined;
    try {
      return await this.of(request, reply);
    } catch (error) {
      if (error instanceof ProblemError) return undefined;
      throw error;
    }
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
