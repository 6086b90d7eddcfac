import { Injectable } from '@nestjs/common';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import { LogTail } from '#libs/event-sourcing/src/log-tail.js';
import { customerSearchProjection } from './customer-search.projection.js';

/** Waits until customers that were written down a moment before can be found. Many who wait share one wait. */
@Injectable()
export class SearchCatchesUp {
  private next: Promise<void> | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly contexts: ContextRegistry,
    private readonly tail: LogTail,
  ) {}

  /** @throws ReadModelBehind when that takes too long */
  async withTheLog(): Promise<void> {
    return (this.next ??= this.begin());
  }

  /** Whoever comes while one wait goes on needs the next one: the first may have begun before their events came. */
  private begin(): Promise<void> {
    const wait = this.running.then(() => {
      this.next = undefined;
      return this.contexts.readModels.awaitPosition(customerSearchProjection.name, this.tail.position);
    });
    this.running = wait.catch(() => undefined);
    return wait;
  }
}
