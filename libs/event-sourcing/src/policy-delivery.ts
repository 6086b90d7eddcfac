import { setTimeout as delay } from 'node:timers/promises';
import { CommandRefused, LogReplaced, UnreadableEvent } from './errors.js';
import type { RecordedEvent } from './event.js';
import { failureReason } from './failure-reason.js';
import type { CommitWork } from './group-commit.js';
import { isInfrastructureError, lacksColumn } from './infrastructure-error.js';
import type { Failure } from './parked-events.js';
import { recordRefusal } from './policy-refusals.js';
import { Turns } from './turns.js';

/** Handlers of one policy that run at the same time. */
const concurrency = 8;

/** Calls a policy's handler until an event is done with, or has failed too often. */
export class PolicyDelivery {
  private readonly turns = new Turns(concurrency);
  /** Why work is tried again just now. */
  private readonly troubles = new Map<symbol, string>();

  constructor(
    private readonly policy: {
      readonly name: string;
      readonly tries: number;
      readonly deliver: (event: RecordedEvent, signal: AbortSignal) => Promise<unknown>;
    },
    private readonly signal: AbortSignal,
  ) {}

  get trouble(): string | undefined {
    return this.troubles.values().next().value;
  }

  /**
   * Answers what is to be written about an event that is done with, if anything, or why it can't be handled. A refused
   * command is recorded and passed.
   * @throws UnreadableEvent, LogReplaced, and anything once the signal has aborted
   */
  async attempt(load: () => Promise<RecordedEvent>): Promise<{ readonly done: CommitWork | undefined } | Failure> {
    return this.withTrouble(async (trouble) => {
      for (let tries = 1; ; tries++) {
        try {
          await this.whileAway(async () => this.inTurn(await load()));
          return { done: undefined };
        } catch (error) {
          if (error instanceof CommandRefused) return { done: await this.refusal(load, error) };
          if (error instanceof UnreadableEvent || error instanceof LogReplaced || this.signal.aborted) throw error;
          const reason = failureReason(error);
          if (tries >= this.policy.tries) return { reason, tries };
          trouble(reason);
          await this.pause(tries);
        }
      }
    });
  }

  /** Tries again, with growing pauses and for ever, while something outside is away or a read model is filled anew. */
  async whileAway<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.withTrouble(async (trouble) => {
      for (let failures = 1; ; failures++) {
        try {
          return await work();
        } catch (error) {
          if (!(isInfrastructureError(error) || lacksColumn(error)) || this.signal.aborted) throw error;
          trouble(failureReason(error));
          await this.pause(failures);
        }
      }
    });
  }

  private async inTurn(event: RecordedEvent): Promise<void> {
    const leave = await this.turns.enter();
    try {
      this.signal.throwIfAborted();
      await this.policy.deliver(event, this.signal);
    } finally {
      leave();
    }
  }

  private async refusal(load: () => Promise<RecordedEvent>, { refusal }: CommandRefused): Promise<CommitWork> {
    const event = await this.whileAway(load);
    return (manager) => recordRefusal({ policy: this.policy.name, event, refusal }, manager);
  }

  private async withTrouble<Result>(work: (trouble: (reason: string) => void) => Promise<Result>): Promise<Result> {
    const own = Symbol('work');
    try {
      return await work((reason) => this.troubles.set(own, reason));
    } finally {
      this.troubles.delete(own);
    }
  }

  private async pause(failures: number): Promise<void> {
    await delay(Math.min(100 * 2 ** (failures - 1), 10_000), undefined, { signal: this.signal });
  }
}
