import type { CustomTransportStrategy } from '@nestjs/microservices';
import { Server } from '@nestjs/microservices';
import { Injectable, Logger } from '@nestjs/common';
import { isObservable, lastValueFrom } from 'rxjs';
import { ConsumerLoop, type ConsumerReport, type ConsumerStatus } from './consumer.js';
import type { RecordedEvent } from './event.js';
import { EventStore } from './event-store.js';
import { PolicyContext, type PolicyOptions } from './policy.js';
import { policyConsumer } from './policy-consumer.js';
import { ContextRegistry } from './context-registry.js';

interface DeclaredPolicy extends PolicyOptions {
  readonly name: string;
}

/** Nest's transport that feeds policies from the log: one loop with a checkpoint for each policy. */
@Injectable()
export class PolicyTransport extends Server implements CustomTransportStrategy {
  override readonly propagatesEventHandlerErrors = true;
  protected override readonly logger = new Logger('policies');
  private loops: readonly ConsumerLoop[] = [];

  constructor(
    private readonly contexts: ContextRegistry,
    private readonly store: EventStore,
  ) {
    super();
  }

  get statuses(): readonly ConsumerStatus[] {
    return this.loops.map((loop) => loop.status);
  }

  async reports(): Promise<readonly ConsumerReport[]> {
    return Promise.all(this.loops.map((loop) => loop.report()));
  }

  /** Starts every declared policy; fails when one names a context that this process does not run. */
  listen(callback: (error?: unknown) => void): void {
    this.start().then(() => callback(), callback);
  }

  async close(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  override on(): never {
    throw new Error('Policies have no transport events.');
  }

  override unwrap(): never {
    throw new Error('Policies have no server of their own.');
  }

  private async start(): Promise<void> {
    const consumers = await Promise.all(
      [...this.messageHandlers].map(([pattern, handler]) => {
        const { name, ...options } = handler.extras as unknown as DeclaredPolicy;
        const deliver = (event: RecordedEvent, signal: AbortSignal): Promise<unknown> =>
          this.deliver(pattern, event, new PolicyContext(name, event, signal));
        const [context = ''] = name.split('/');
        return policyConsumer(name, options, deliver, { ...this.contexts.get(context), store: this.store });
      }),
    );
    this.loops = consumers.map((consumer) => new ConsumerLoop(consumer, this.logger));
  }

  private async deliver(pattern: string, event: RecordedEvent, context: PolicyContext): Promise<unknown> {
    const handler = this.getHandlerByPattern(pattern);
    if (!handler) throw new Error(`Nobody handles ${pattern}.`);
    const result: unknown = await handler(event, context);
    return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
  }
}
