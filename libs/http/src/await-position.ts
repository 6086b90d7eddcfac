/** Lets a reader wait until a read model shows what the reader has just caused. */
import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
  UseInterceptors,
  applyDecorators,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiHeader } from '@nestjs/swagger';
import type { Observable } from 'rxjs';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import type { Projection } from '#libs/event-sourcing/src/projection.js';
import { httpProblem } from './http-problems.js';
import type { ApiRequest } from './request.js';

const READS_FROM = 'keiyaku:reads-from';

@Injectable()
class AwaitPosition implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly contexts: ContextRegistry,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const header = context.switchToHttp().getRequest<ApiRequest>().headers['x-await-position'];
    if (header !== undefined) {
      // 19 digits hold every position.
      if (typeof header !== 'string' || !/^[0-9]{1,19}$/.test(header)) throw httpProblem('malformed_await_position');
      const readModel = this.reflector.get<string>(READS_FROM, context.getHandler());
      await this.contexts.readModels.awaitPosition(readModel, BigInt(header));
    }
    return next.handle();
  }
}

/**
 * Marks a route that answers from one read model: `@ReadsFrom(contractListProjection)`. A request that sends
 * `X-Await-Position` waits, 2 s at most, until the read model has seen that position.
 */
export function ReadsFrom({ name }: Pick<Projection, 'name'>): MethodDecorator {
  return applyDecorators(
    SetMetadata(READS_FROM, name),
    UseInterceptors(AwaitPosition),
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
