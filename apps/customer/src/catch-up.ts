import { Injectable } from '@nestjs/common';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import { ReadModelBehind } from '#libs/event-sourcing/src/errors.js';
import { LogTail } from '#libs/event-sourcing/src/log-tail.js';
import type { Projection } from '#libs/event-sourcing/src/projection.js';
import { customerListProjection } from './customer-list/customer-list.projection.js';
import { customerSearchProjection } from './customer-search/customer-search.projection.js';
import { customerUsersProjection } from './customer-users/customer-users.projection.js';

/** How long nobody waits for read models that were too far behind for one who did. */
const notAgainMs = 2_000;

/** Waits until a read model has seen what this process has seen of the log, and written. Many who wait share one wait. */
@Injectable()
export class CatchUp {
  private readonly waits = new Map<string, SharedWait<void>>();
  private readonly ofCustomers = new SharedWait(() => this.waitForCustomers());
  private written = -1n;
  private behindUntil = 0;

  constructor(
    private readonly contexts: ContextRegistry,
    private readonly tail: LogTail,
  ) {}

  /** Customers that were written down a moment before are found from then on. @throws ReadModelBehind */
  async search(): Promise<void> {
    return this.of(customerSearchProjection);
  }

  /**
   * The same also for what is shown of them. False when that is too far behind to wait for: a new version of a read
   * model is filled for minutes, and one that has stopped waits for an operator.
   */
  async customers(): Promise<boolean> {
    return performance.now() >= this.behindUntil && this.ofCustomers.join();
  }

  /** This process has written up to here; its own reading of the log may be a moment behind. */
  wrote(position: bigint): void {
    if (position > this.written) this.written = position;
  }

  /** The same for users: those who were deleted a moment before are known to be. @throws ReadModelBehind */
  async users(): Promise<void> {
    return this.of(customerUsersProjection);
  }

  /** What had become of users before this event is known, whichever process has handed it out. @throws ReadModelBehind */
  async usersBefore(position: bigint): Promise<void> {
    return this.contexts.readModels.awaitPosition(customerUsersProjection.name, position);
  }

  private async waitForCustomers(): Promise<boolean> {
    // Whoever came while the wait before went on has waited as long as one does.
    if (performance.now() < this.behindUntil) return false;
    try {
      await Promise.all([this.reached(customerSearchProjection), this.reached(customerListProjection)]);
      return true;
    } catch (error) {
      if (!(error instanceof ReadModelBehind)) throw error;
      this.behindUntil = performance.now() + notAgainMs;
      return false;
    }
  }

  private async of(projection: Pick<Projection, 'name'>): Promise<void> {
    const { name } = projection;
    let wait = this.waits.get(name);
    if (!wait) this.waits.set(name, (wait = new SharedWait(() => this.reached(projection))));
    return wait.join();
  }

  private async reached({ name }: Pick<Projection, 'name'>): Promise<void> {
    const { position } = this.tail;
    return this.contexts.readModels.awaitPosition(name, position > this.written ? position : this.written);
  }
}

/** Whoever comes while one wait goes on needs the next one: the first may have begun before their events came. */
class SharedWait<Result> {
  private next: Promise<Result> | undefined;
  private running: Promise<unknown> = Promise.resolve();

  constructor(private readonly wait: () => Promise<Result>) {}

  join(): Promise<Result> {
    return (this.next ??= this.begin());
  }

  private begin(): Promise<Result> {
    const waiting = this.running.then(() => {
      this.next = undefined;
      return this.wait();
    });
    this.running = waiting.catch(() => undefined);
    return waiting;
  }
}
