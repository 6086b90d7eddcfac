import { type ArgumentsHost, Catch, type ExceptionFilter, UseFilters, applyDecorators } from '@nestjs/common';
import { BaseRpcContext, EventPattern } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';
import type { CommandContext } from './command.js';
import type { DomainEvent, RecordedEvent } from './event.js';
import { stableId } from './ids.js';

/** How a policy reads the log. */
export interface PolicyOptions<Types extends string = string> {
  /** Event types that it reacts to. */
  readonly on: readonly Types[];
  /** Events of one key are handled in order. It is stored with parked events, so it tells nothing about a person. */
  readonly key: (event: RecordedEvent) => string;
  /** Where a policy that never ran starts; there is no default, because both are sometimes wrong. */
  readonly startFrom: 'beginning' | 'now';
  /**
   * How often an event that fails is delivered before it is parked; 8, with growing pauses of some 13 s in all,
   * unless given. While something outside is away, tries do not count.
   */
  readonly tries?: number;
}

/**
 * Marks a controller's method as a policy: it gets every event of its types, in order, at least once, and
 * answers with commands to aggregates of its own context. The name is `<context>/<policy>`.
 *
 * `@Policy('contract/register-from-webhook', { on: ['webhook.received'], key: streamOf, startFrom: 'beginning' })`
 * `async handle(event: RecordedEvent<…>, context: PolicyContext)`
 */
export function Policy(name: `${string}/${string}`, options: PolicyOptions): MethodDecorator {
  return applyDecorators(EventPattern<string>(`policy:${name}`, { ...options, name }), UseFilters(KeepError));
}

/** The usual key of a policy: events of one stream in order. */
export function streamOf(event: RecordedEvent): string {
  return event.stream;
}

/** Handed to a policy with each event. */
export class PolicyContext extends BaseRpcContext<[string, RecordedEvent<DomainEvent>]> {
  /** @param signal aborts when this process is to let go of the policy; a handler that takes long ends soon after */
  constructor(
    policy: string,
    event: RecordedEvent<DomainEvent>,
    readonly signal: AbortSignal = new AbortController().signal,
  ) {
    super([policy, event]);
  }

  get policy(): string {
    return this.getArgs()[0];
  }

  get event(): RecordedEvent {
    return this.getArgs()[1];
  }

  /**
   * The context of the command that this policy sends to one target because of this event: the same event,
   * policy and target make the same command id, so a repeated delivery is the same command.
   */
  command(target: string): CommandContext {
    const { policy, event } = this;
    const { metadata } = event;
    return {
      commandId: stableId(event.id, policy, target),
      actor: { id: `policy:${policy}`, role: 'SERVICE' },
      correlationId: metadata.correlationId,
      causationId: event.id,
      occurredAt: new Date().toISOString(),
      ...(metadata.traceparent !== undefined && { traceparent: metadata.traceparent }),
      source: { stream: event.stream, revision: event.revision },
    };
  }
}

/** Nest would put "Internal server error" in place of what went wrong. */
@Catch()
class KeepError implements ExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}
