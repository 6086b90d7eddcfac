import { type INestApplicationContext, Module, type OnModuleInit, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { APP_GUARD, DiscoveryModule, DiscoveryService, MetadataScanner, ModuleRef } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { AccessRule } from './access.js';
import { ApiKeyTokens } from './api-key-tokens.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { AccessGuard } from './auth.guard.js';
import { Callers } from './callers.js';
import { Revocations } from './revocations.js';

/** Guards every route of the app. Imported by each context; several imports make one guard. */
@Module({
  imports: [PassportModule, DiscoveryModule],
  providers: [AccessTokenStrategy, ApiKeyTokens, Callers, Revocations, { provide: APP_GUARD, useClass: AccessGuard }],
  exports: [Callers],
})
export class AuthModule implements OnModuleInit {
  constructor(private readonly moduleRef: ModuleRef) {}

  onModuleInit(): void {
    const open = routesWithoutPermission(this.moduleRef);
    if (open.length === 0) return;
    throw new Error(
      `These routes name no permission: ${open.join(', ')}. Add @RequirePermission(...) or @Public() to each.`,
    );
  }
}

/** Routes that name neither a permission nor `@Public()`, as `GET CustomersController.list`. */
export function routesWithoutPermission(app: Pick<INestApplicationContext, 'get'>): string[] {
  const scanner = new MetadataScanner();
  const discovery = app.get(DiscoveryService, { strict: false });
  return discovery.getControllers().flatMap((wrapper) => {
    const controller = wrapper.metatype as Type;
    const prototype = controller.prototype as Record<string, object>;
    if (Reflect.hasMetadata(AccessRule.KEY, controller)) return [];
    return scanner
      .getAllMethodNames(prototype)
      .filter((name) => {
        const handler = prototype[name];
        return handler && Reflect.hasMetadata(PATH_METADATA, handler) && !Reflect.hasMetadata(AccessRule.KEY, handler);
      })
      .map((name) => {
        const method = Reflect.getMetadata(METHOD_METADATA, prototype[name] ?? {}) as RequestMethod;
        return `${RequestMethod[method]} ${controller.name}.${name}`;
      });
  });
}
