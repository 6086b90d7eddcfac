/** How a route says who may use it, and who uses it. */
import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { ApiBearerAuth, ApiExtension } from '@nestjs/swagger';
import type { ApiRequest } from '#libs/http/src/request.js';
import { authProblem } from './auth-problems.js';
import type { Permission } from './permissions.js';

/** What a route demands: a permission, or nothing at all. */
export type Access = { readonly permission: Permission } | { readonly public: true };

export const AccessRule = DiscoveryService.createDecorator<Access>();

/** The caller's role must hold the permission. */
export function RequirePermission(permission: Permission): MethodDecorator & ClassDecorator {
  return applyDecorators(AccessRule({ permission }), ApiBearerAuth(), ApiExtension('x-permission', permission));
}

/** Anybody may call the route, without a token. */
export function Public(): MethodDecorator & ClassDecorator {
  return applyDecorators(AccessRule({ public: true }), ApiExtension('x-public', true));
}

/** Parameter decorator: the `Caller`. On a public route without a token it answers 401. */
export const Principal = createParamDecorator((_data: unknown, host: ExecutionContext) => {
  const { principal } = host.switchToHttp().getRequest<ApiRequest>();
  if (!principal) throw authProblem('unauthenticated');
  return principal;
});
