import { setTimeout as delay } from 'node:timers/promises';
import { GroupCommit, type CommitWork } from './group-commit.js';
import { CommandRefused } from './errors.js';
import type { RecordedEvent } from './event.js';
import { isInfrastructureError } from './infrastructure-error.js';
import { KeyLanes } from './key-lanes.js';
import type { LogCursor } from './log-tail.js';
import { LowWaterMark } from './low-water-mark.js';
import type { SavedPosition } from './saved-position.js';
import { Turns } from './turns.js';

/** Handlers of one policy that run at the same time. */
const concurrency = 8;
/** Events that are taken from the log and not done yet. */
const capacity = 500;

/**
 * One policy at work from its checkpoint on: events of one key in order, different keys side by side. The
 * checkpoint follows the low-water mark, so an event that is not done is delivered again after a crash.
 */
export class PolicyRun {
  private readonly lanes = new KeyLanes();
  private readonly turns = new Turns(concurrency);
  private readonly mark: LowWaterMark;
  private readonly commits: GroupCommit;
  /** A commit that failed: events count as done whose outcome is not written, so nothing may follow it. */
  private lost: { readonly error: unknown } | undefined;
  private committed: bigint;
  /** Why events are tried again just now, by position. */
  private readonly troubles = new Map<bigint, string>();

  constructor(
    private readonly policy: {
      readonly name: string;
      readonly key: (event: RecordedEvent) => string;
      readonly deliver: (event: RecordedEvent) => Promise<unknown>;
    },
    start: bigint,
    private readonly saved: SavedPosition,
  ) {
    this.committed = start;
    this.mark = new LowWaterMark(start);
    this.commits = new GroupCommit((works) => this.write(works));
  }

  /** Position up to which everything is done. */
  get position(): bigint {
    return this.mark.value;
  }

  /** Position from which another run has to go on. */
  get restartAt(): bigint {
    return this.committed;
  }

  get stopped(): boolean {
    return this.lanes.signal.aborted;
  }

  get trouble(): string | undefined {
    return this.troubles.values().next().value;
  }

  /** Takes an event on as soon as there is room for it. */
  async take(event: RecordedEvent, signal: AbortSignal): Promise<void> {
    await this.lanes.until(() => signal.aborted || this.lanes.size < capacity);
    signal.throwIfAborted();
    this.mark.begin(event.position, event.metadata.occurredAt);
    this.lanes.add(this.policy.key(event), () => this.handle(event));
  }

  /** Waits until nothing is left to do, or the log goes on and there is room for more. */
  async untilMore(cursor: LogCursor, signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    let more = false;
    // A store that is away shows when the loop takes the next batch.
    const next = cursor.take(1, AbortSignal.any([signal, enough.signal])).then(
      () => (more = true),
      () => (more = true),
    );
    void next.then(() => this.lanes.wake());
    try {
      await this.lanes.until(() => signal.aborted || this.lanes.size === 0 || (more && this.lanes.size < capacity));
    } finally {
      enough.abort();
      await next;
    }
  }

  /** Waits until all that was taken is done. */
  async untilDone(signal: AbortSignal): Promise<void> {
    await this.lanes.until(() => signal.aborted || this.lanes.size === 0);
  }

  /** Notes that up to here stand no more events for this policy. */
  async pass(position: bigint): Promise<void> {
    this.mark.pass(position);
    // While lanes work, their next commit takes it along.
    if (this.lanes.size === 0) await this.saved.pass(position);
  }

  /** Stops and keeps the position that was not kept yet. */
  async finish(): Promise<void> {
    await this.stop();
    if (this.lost) return;
    await this.saved.pass(this.mark.value);
    await this.saved.save();
  }

  /** Makes waits look at their signal again. */
  wake(): void {
    this.lanes.wake();
  }

  /** Resolves when the handlers in hand have ended. Events that are not done are delivered again later. */
  async stop(): Promise<void> {
    await this.lanes.stop();
  }

  private async handle(event: RecordedEvent): Promise<void> {
    const work = await this.delivered(event);
    this.mark.finish(event.position);
    await this.commits.add(work);
  }

  /** Delivers an event until it is done with; answers what is to be written about it. */
  private async delivered(event: RecordedEvent): Promise<CommitWork> {
    try {
      await this.whileAway(event.position, () => this.inTurn(event));
      return async () => undefined;
    } catch (error) {
      if (error instanceof CommandRefused) return refusal(this.policy.name, event, error);
      throw error;
    }
  }

  /** Tries again, with growing pauses and for ever, while something outside is away. */
  private async whileAway<Result>(position: bigint, work: () => Promise<Result>): Promise<Result> {
    try {
      for (let failures = 0; ; failures++) {
        try {
          return await work();
        } catch (error) {
          if (!isInfrastructureError(error)) throw error;
          this.troubles.set(position, String(error));
          await delay(Math.min(100 * 2 ** failures, 10_000), undefined, { signal: this.lanes.signal });
        }
      }
    } finally {
      this.troubles.delete(position);
    }
  }

  private async inTurn(event: RecordedEvent): Promise<void> {
    const leave = await this.turns.enter();
    try {
      this.lanes.signal.throwIfAborted();
      await this.policy.deliver(event);
    } finally {
      leave();
    }
  }

  private async write(works: readonly CommitWork[]): Promise<void> {
    if (this.lost) throw this.lost.error;
    const position = this.mark.value;
    const commit = (): Promise<void> =>
      this.saved.commit(position, async (manager) => {
        for (const work of works) await work(manager);
      });
    try {
      await this.whileAway(-1n, commit);
      this.committed = position;
    } catch (error) {
      this.lost = { error };
      throw error;
    }
  }
}

function refusal(policy: string, event: RecordedEvent, { refusal: { code, detail } }: CommandRefused): CommitWork {
  return async (manager) => {
    await manager.query(
      `insert into policy_refusals (policy, event_id, stream, code, detail)
       values ($1, $2, $3, $4, $5) on conflict do nothing`,
      [policy, event.id, event.stream, code, detail],
    );
  };
}
