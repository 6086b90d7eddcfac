import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import type { ApiRequest } from '#libs/http/src/request.js';
import { AccessRule } from './access.js';
import { authProblem } from './auth-problems.js';
import { Callers } from './callers.js';
import { may } from './permissions.js';

/** Global guard: every route names its permission or is public; events of policies pass. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly callers: Callers,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const rule = this.reflector.getAllAndOverride(AccessRule, [context.getHandler(), context.getClass()]);
    if (rule && 'public' in rule) return true;
    const request = context.switchToHttp().getRequest<ApiRequest>();
    const caller = await this.callers.of(request, context.switchToHttp().getResponse<FastifyReply>());
    request.principal = caller;
    request.watchAccess = (ended) => this.callers.watch(caller, ended);
    if (!rule || !may(caller, rule.permission)) {
      const needed = rule?.permission ?? 'unknown';
      const holder = caller.scopes?.includes(needed) === false ? 'key' : `role ${caller.role}`;
      const detail = `This needs the permission ${needed}, which your ${holder} does not have. Ask an administrator.`;
      throw authProblem('permission_denied', detail, { permission: needed });
    }
    return true;
  }
}
