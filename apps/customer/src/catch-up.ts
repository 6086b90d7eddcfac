import { Injectable } from '@nestjs/common';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import { LogTail } from '#libs/event-sourcing/src/log-tail.js';
import type { Projection } from '#libs/event-sourcing/src/projection.js';
import { customerListProjection } from './customer-list/customer-list.projection.js';
import { customerSearchProjection } from './customer-search/customer-search.projection.js';
import { customerUsersProjection } from './customer-users/customer-users.projection.js';

/** Waits until a read model has seen what this process has seen of the log. Many who wait share one wait. */
@Injectable()
export class CatchUp {
  private readonly waits = new Map<string, SharedWait>();

  constructor(
    private readonly contexts: ContextRegistry,
    private readonly tail: LogTail,
  ) {}

  /** Customers that were written down a moment before are found from then on. @throws ReadModelBehind */
  async search(): Promise<void> {
    return this.of(customerSearchProjection);
  }

  /** The same for what is shown of them. @throws ReadModelBehind */
  async list(): Promise<void> {
    return this.of(customerListProjection);
  }

  /** The same for users: those who were deleted a moment before are known to be. @throws ReadModelBehind */
  async users(): Promise<void> {
    return this.of(customerUsersProjection);
  }

  /** What had become of users before this event is known, whichever process has handed it out. @throws ReadModelBehind */
  async usersBefore(position: bigint): Promise<void> {
    return this.contexts.readModels.awaitPosition(customerUsersProjection.name, position);
  }

  private async of({ name }: Pick<Projection, 'name'>): Promise<void> {
    let wait = this.waits.get(name);
    if (!wait) {
      wait = new SharedWait(() => this.contexts.readModels.awaitPosition(name, this.tail.position));
      this.waits.set(name, wait);
    }
    return wait.join();
  }
}

/** Whoever comes while one wait goes on needs the next one: the first may have begun before their events came. */
class SharedWait {
  private next: Promise<void> | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly wait: () => Promise<void>) {}

  join(): Promise<void> {
    return (this.next ??= this.begin());
  }

  private begin(): Promise<void> {
    const waiting = this.running.then(() => {
      this.next = undefined;
      return this.wait();
    });
    this.running = waiting.catch(() => undefined);
    return waiting;
  }
}
