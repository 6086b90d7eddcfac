/** Lets a reader wait until a read model shows what the reader has just caused. */
import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiHeader } from '@nestjs/swagger';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import type { Projection } from '#libs/event-sourcing/src/projection.js';
import { httpProblem } from './http-problems.js';
import type { ApiRequest } from './request.js';

const READS_FROM = 'keiyaku:reads-from';

/** A guard and no interceptor: those send each request through an observable, and this runs in the same place. */
@Injectable()
class AwaitPosition implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly contexts: ContextRegistry,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const header = context.switchToHttp().getRequest<ApiRequest>().headers['x-await-position'];
    return header === undefined || this.reached(context, header);
  }

  private async reached(context: ExecutionContext, header: string | string[]): Promise<true> {
    // 19 digits hold every position.
    if (typeof header !== 'string' || !/^[0-9]{1,19}$/.test(header)) throw httpProblem('malformed_await_position');
    const names = this.reflector.get<readonly string[]>(READS_FROM, context.getHandler());
    for (const name of names) await this.contexts.readModels.awaitPosition(name, BigInt(header));
    return true;
  }
}

/**
 * Marks a route that answers from read models, mostly one: `@ReadsFrom(contractListProjection)`. A request that sends
 * `X-Await-Position` waits, 2 s at most for each, until they have seen that position.
 */
export function ReadsFrom(...readModels: readonly Pick<Projection, 'name'>[]): MethodDecorator {
  return applyDecorators(
    SetMetadata(
      READS_FROM,
      readModels.map(({ name }) => name),
    ),
    UseGuards(AwaitPosition),
    ApiHeader({
      name: 'X-Await-Position',
      required: false,
      schema: { type: 'string', pattern: '^[0-9]{1,19}$' },
      description:
        'X-Event-Position of a command: waits, 2 s at most, until the answer shows it. ' +
        '503 read_model_behind when that takes longer, 400 position_unknown beyond the end of the log.',
    }),
  );
}
