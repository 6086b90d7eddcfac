import { setTimeout as delay } from 'node:timers/promises';
import { GroupCommit, type CommitWork } from './group-commit.js';
import type { RecordedEvent } from './event.js';
import { KeyLanes } from './key-lanes.js';
import type { LogCursor } from './log-cursor.js';
import { LowWaterMark } from './low-water-mark.js';
import type { ParkedEvent, ParkedEvents } from './parked-events.js';
import { PolicyDelivery } from './policy-delivery.js';
import type { SavedPosition } from './saved-position.js';

/** Events that are taken from the log and not done yet. */
const capacity = 500;
/** The checkpoint follows by then: an event that left nothing to write need not wait for it. */
const saveWithinMs = 20;
/** No policy's key. */
const checkpointLane = ' checkpoint';

/** What a run works with. */
export interface RunningPolicy {
  readonly name: string;
  readonly tries: number;
  readonly key: (event: RecordedEvent) => string;
  readonly deliver: (event: RecordedEvent, signal: AbortSignal) => Promise<unknown>;
  /** Reads a parked event again. */
  readonly read: (parked: ParkedEvent) => Promise<RecordedEvent>;
  readonly parked: ParkedEvents;
  readonly saved: SavedPosition;
}

/**
 * One policy at work from its checkpoint on: events of one key in order, different keys side by side. The
 * checkpoint follows the low-water mark, so an event that is not done is delivered again after a crash.
 */
export class PolicyRun {
  private readonly lanes = new KeyLanes();
  private readonly delivery: PolicyDelivery;
  private readonly mark: LowWaterMark;
  private readonly commits: GroupCommit;
  /** A commit that failed: events count as done whose outcome is not written, so nothing may follow it. */
  private lost: { readonly error: unknown } | undefined;
  private saving = false;

  constructor(
    private readonly policy: RunningPolicy,
    start: bigint,
  ) {
    this.delivery = new PolicyDelivery(policy, this.lanes.signal);
    this.mark = new LowWaterMark(start);
    this.commits = new GroupCommit((works) => this.write(works));
  }

  /** Position up to which everything is done. */
  get position(): bigint {
    return this.mark.value;
  }

  /** When the first event happened that was taken and is not done. */
  get oldestUnhandled(): string | undefined {
    return this.mark.oldest;
  }

  get trouble(): string | undefined {
    return this.delivery.trouble;
  }

  /** Takes an event on as soon as there is room for it. */
  async take(event: RecordedEvent, signal: AbortSignal): Promise<void> {
    await this.admit(event, signal);
    const key = this.policy.key(event);
    this.lanes.add(key, async () => this.finish(event, await this.handle(event, key)));
  }

  /** Takes on what an operator decided about a parked event; it is carried out in the turn of that event's key. */
  async decide(decision: RecordedEvent, id: string, skip: boolean, signal: AbortSignal): Promise<void> {
    const parked = await this.policy.parked.find(id);
    if (!parked) return;
    await this.admit(decision, signal);
    this.lanes.add(parked.key, async () => {
      await this.carryOut(id, skip, decision.metadata.actor.id);
      await this.finish(decision);
    });
  }

  /** Waits until nothing is left to do, or the log goes on and there is room for more. */
  async untilMore(cursor: LogCursor, signal: AbortSignal): Promise<void> {
    let more = false;
    // A store that is away shows when the loop takes the next batch.
    cursor.onMore(() => {
      more = true;
      this.lanes.wake();
    });
    await this.lanes.until(() => signal.aborted || this.lanes.size === 0 || (more && this.lanes.size < capacity));
  }

  /** Waits until all that was taken is done. */
  async untilDone(signal: AbortSignal): Promise<void> {
    await this.lanes.until(() => signal.aborted || this.lanes.size === 0);
  }

  /** Notes that up to here stand no more events for this policy. */
  async pass(position: bigint): Promise<void> {
    this.mark.pass(position);
    // While lanes work, their next commit takes it along.
    if (this.lanes.size === 0) await this.policy.saved.pass(position);
  }

  /** Makes waits look at their signal again. */
  wake(): void {
    this.lanes.wake();
  }

  /** Resolves when the handlers in hand have ended. Events that are not done are delivered again later. */
  async stop(): Promise<void> {
    await this.lanes.stop();
  }

  /** Stops and keeps the position that was not kept yet. */
  async end(): Promise<void> {
    await this.stop();
    if (this.lost) return;
    await this.policy.saved.pass(this.mark.value);
    await this.policy.saved.save();
  }

  private async admit({ position, metadata }: RecordedEvent, signal: AbortSignal): Promise<void> {
    await this.lanes.until(() => signal.aborted || this.lanes.size < capacity);
    signal.throwIfAborted();
    this.mark.begin(position, metadata.occurredAt);
  }

  /** Moves the mark over an event, in the transaction that writes what came of it, or soon when that is nothing. */
  private async finish(event: RecordedEvent, outcome?: CommitWork): Promise<void> {
    this.mark.finish(event.position);
    if (outcome) await this.commits.add(outcome);
    else if (!this.saving) {
      this.saving = true;
      this.lanes.add(checkpointLane, () => this.saveSoon());
    }
  }

  private async saveSoon(): Promise<void> {
    await delay(saveWithinMs);
    this.saving = false;
    await this.commits.add(async () => undefined);
  }

  private async handle(event: RecordedEvent, key: string): Promise<CommitWork | undefined> {
    const { parked } = this.policy;
    const standing = await this.delivery.whileAway(() => parked.standing(event, key));
    if (standing === 'known') return undefined;
    if (standing === 'behind') return parked.park(event, key);
    const outcome = await this.delivery.attempt(async () => event);
    return 'done' in outcome ? outcome.done : parked.park(event, key, outcome);
  }

  private async carryOut(id: string, skip: boolean, by: string): Promise<void> {
    const { parked } = this.policy;
    const target = await this.delivery.whileAway(() => parked.find(id));
    if (!target) return;
    if (target.state === 'parked') {
      if (skip) await this.commits.add(parked.resolve(target, 'skipped', by));
      else await this.replay(target, by);
    }
    // What waits behind it; also when a crash came after its turn.
    for (;;) {
      const first = await this.delivery.whileAway(() => parked.first(target.key));
      if (first?.state !== 'waiting') return;
      await this.replay(first, by);
    }
  }

  private async replay(target: ParkedEvent, by: string): Promise<void> {
    const { parked, read } = this.policy;
    const outcome = await this.delivery.attempt(() => read(target));
    if (!('done' in outcome)) return this.commits.add(parked.parkAgain(target, outcome));
    const resolved = parked.resolve(target, 'replayed', by);
    await this.commits.add(async (manager) => {
      await outcome.done?.(manager);
      await resolved(manager);
    });
  }

  private async write(works: readonly CommitWork[]): Promise<void> {
    if (this.lost) throw this.lost.error;
    const position = this.mark.value;
    try {
      await this.delivery.whileAway(() =>
        this.policy.saved.commit(position, async (manager) => {
          for (const work of works) await work(manager);
        }),
      );
    } catch (error) {
      this.lost = { error };
      throw error;
    }
  }
}
